package io.github.clnorm.internal.fleet;

import java.util.ArrayList;
import java.util.List;

/** Runs a task for each device at the same time. Thread-safe. */
public final class EachDevice {
    private EachDevice() {}

    /**
     * Runs all tasks, and blocks until they are done.
     *
     * @param tasks each on a thread of its own; the last one on the caller's
     * @throws RuntimeException the first task's failure in the tasks' order; those of other tasks are suppressed
     */
    public static void run(List<? extends Runnable> tasks) {
        Throwable[] failures = new Throwable[tasks.size()];
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < tasks.size(); i++) {
            int index = i;
            Runnable guarded = () -> {
                try {
                    tasks.get(index).run();
                } catch (RuntimeException | Error e) {
                    failures[index] = e;
                }
            };
            if (i == tasks.size() - 1) {
                guarded.run();
            } else {
                threads.add(PieceRun.thread("device-" + i, guarded));
                threads.get(i).start();
            }
        }
        threads.forEach(PieceRun::join);
        Throwable first = null;
        for (Throwable failure : failures) {
            if (first == null) {
                first = failure;
            } else if (failure != null && failure != first) {
                first.addSuppressed(failure);
            }
        }
        if (first instanceof Error error) {
            throw error;
        }
        if (first instanceof RuntimeException exception) {
            throw exception;
        }
    }
}
