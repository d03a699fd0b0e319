package io.github.clnorm.internal.tasks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Tasks on other threads, for which one thread waits. Not thread-safe: that thread uses it. */
public final class TaskGroup {

    // For a task to end after what it does now. Later, an interrupt ends what blocks it.
    private static final long GRACE_NANOSECONDS = TimeUnit.SECONDS.toNanos(1);

    private final Executor threads;
    private final List<Task> tasks = new ArrayList<>();

    /**
     * No tasks.
     *
     * @param threads where they run
     */
    public TaskGroup(Executor threads) {
        this.threads = threads;
    }

    /** A task, and the thread on which it runs. */
    private static final class Task implements Runnable {
        private final Runnable work;
        private final CompletableFuture<Void> end = new CompletableFuture<>();
        private Thread thread;

        Task(Runnable work) {
            this.work = work;
        }

        private synchronized void runsOn(Thread own) {
            thread = own;
            if (own == null) {
                // The thread goes on to other tasks.
                Thread.interrupted();
            }
        }

        synchronized void interrupt() {
            if (thread != null) {
                thread.interrupt();
            }
        }

        @Override
        public void run() {
            Throwable failure = null;
            runsOn(Thread.currentThread());
            try {
                work.run();
            } catch (RuntimeException | Error e) {
                failure = e;
            }
            runsOn(null);
            if (failure == null) {
                end.complete(null);
            } else {
                end.completeExceptionally(failure);
            }
        }
    }

    /**
     * Starts a task.
     *
     * @param work what to run
     */
    public void start(Runnable work) {
        Task task = new Task(work);
        threads.execute(task);
        tasks.add(task);
    }

    /**
     * Blocks until all tasks are done. An interrupt of this thread does not change that; the thread stays interrupted.
     *
     * @return what tasks have thrown, in the order of the tasks
     */
    public List<Throwable> await() {
        return await(() -> {}, Long.MAX_VALUE);
    }

    /**
     * Blocks until all tasks are done. If this thread is interrupted, or was before, the tasks are told to end, and those that do
     * not within a second are interrupted. The thread stays interrupted.
     *
     * @param onInterrupt tells the tasks to end
     * @return what tasks have thrown, in the order of the tasks
     */
    public List<Throwable> awaitInterruptibly(Runnable onInterrupt) {
        return await(onInterrupt, GRACE_NANOSECONDS);
    }

    private List<Throwable> await(Runnable onInterrupt, long grace) {
        List<Throwable> failures = new ArrayList<>();
        boolean interrupted = false;
        long wait = Long.MAX_VALUE;
        for (Task task : tasks) {
            boolean done = false;
            while (!done) {
                try {
                    task.end.get(wait, TimeUnit.NANOSECONDS);
                    done = true;
                } catch (InterruptedException e) {
                    if (!interrupted) {
                        interrupted = true;
                        wait = grace;
                        onInterrupt.run();
                    }
                } catch (TimeoutException e) {
                    tasks.forEach(Task::interrupt);
                    wait = Long.MAX_VALUE;
                } catch (ExecutionException e) {
                    failures.add(e.getCause());
                    done = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return failures;
    }
}
