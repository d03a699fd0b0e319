package io.github.clnorm.internal.fleet;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
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
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (Runnable task : tasks) {
            all.add(CompletableFuture.runAsync(task, THREADS));
        }
        Throwable first = null;
        for (CompletableFuture<Void> each : all) {
            try {
                each.join();
            } catch (CompletionException e) {
                Throwable failure = e.getCause();
                if (first == null) {
                    first = failure;
                } else if (failure != first) {
                    first.addSuppressed(failure);
                }
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
