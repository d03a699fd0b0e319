package io.github.clnorm.internal.fleet;

import io.github.clnorm.internal.tasks.TaskGroup;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Runs the tasks of devices at the same time. Thread-safe. */
public final class EachDevice {

    // Daemons that end after a minute without work. Virtual threads of callers wait, and are not pinned by native
    // calls.
    private static final ExecutorService THREADS = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "clnorm-fleet");
        thread.setDaemon(true);
        return thread;
    });

    private EachDevice() {}

    /**
     * Runs all tasks, each on a thread of its own, and blocks until they are done.
     *
     * @param tasks what to run
     * @throws RuntimeException the first task's failure in the tasks' order; those of other tasks are suppressed
     */
    public static void run(List<? extends Runnable> tasks) {
        throwFirst(started(tasks).await());
    }

    /**
     * The same, but an interrupt of this thread ends the tasks.
     *
     * @param tasks what to run
     * @param onInterrupt tells the tasks to end; those that do not within a second are interrupted too
     * @throws RuntimeException the first task's failure in the tasks' order; those of other tasks are suppressed
     */
    public static void runInterruptibly(List<? extends Runnable> tasks, Runnable onInterrupt) {
        throwFirst(started(tasks).awaitInterruptibly(onInterrupt));
    }

    private static TaskGroup started(List<? extends Runnable> tasks) {
        TaskGroup group = new TaskGroup(THREADS);
        tasks.forEach(group::start);
        return group;
    }

    private static void throwFirst(List<Throwable> failures) {
        if (failures.isEmpty()) {
            return;
        }
        Throwable first = failures.get(0);
        failures.stream().filter(other -> other != first).forEach(first::addSuppressed);
        if (first instanceof Error error) {
            throw error;
        }
        throw (RuntimeException) first;
    }
}
