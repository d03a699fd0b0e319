package io.github.clnorm.spark;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.apache.spark.BarrierTaskContext;

/**
 * The thread that calls {@code allGather} for a task, so that the task can stop waiting: Spark's call returns only when
 * all tasks have arrived, or when its task is killed.
 *
 * <p>{@code allGather} sends its message and then looks for its answer once a second. {@link #await} wakes it earlier, by
 * an interrupt of its sleep, after which it looks at once: a round takes milliseconds instead of a second.
 *
 * <p>Spark's driver does not answer calls of a stage that has ended. To end a call without an answer, the task is marked
 * as killed, after it has ended.
 */
final class GatherThread {

    private static final long SHORTEST_WAIT_NS = 500_000;
    private static final long LONGEST_WAIT_NS = 20_000_000;
    private static final long SENDING_LIMIT_NS = 1_000_000_000;
    // A task that succeeds must not be marked before Spark has looked at the mark, just after the end.
    private static final long LINGER_S = 60;
    private static final String END = "the exchange of statistics has ended";

    private final BarrierTaskContext task;
    private final ExecutorService calls;
    private volatile Thread thread;
    // Guarded by this, as below.
    private int unanswered;
    private boolean closed;

    GatherThread(BarrierTaskContext task) {
        this.task = task;
        this.calls = Executors.newSingleThreadExecutor(work -> {
            thread = new Thread(work, "clnorm-exchange-" + task.taskAttemptId());
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Calls {@code allGather} after all earlier calls have returned. */
    synchronized Future<String[]> gather(String message) {
        if (closed) {
            return CompletableFuture.failedFuture(new IllegalStateException(END));
        }
        unanswered++;
        return calls.submit(() -> {
            String[] messages = task.allGather(message);
            // One that came too late to wake the call.
            Thread.interrupted();
            answered();
            return messages;
        });
    }

    private synchronized void answered() {
        unanswered--;
    }

    /**
     * Waits for the answer of a call.
     *
     * @param round the call
     * @param nanos the longest time to wait
     * @param stop whether to wait no longer, asked now and then
     * @return the messages of all participants, in the order of their numbers; null if there was none in time, or it was
     *     stopped
     */
    String[] await(Future<String[]> round, long nanos, BooleanSupplier stop)
            throws InterruptedException, ExecutionException {
        long start = System.nanoTime();
        while (true) {
            long waited = System.nanoTime() - start;
            if (waited >= nanos || stop.getAsBoolean()) {
                return null;
            }
            long pause = Math.max(SHORTEST_WAIT_NS, Math.min(LONGEST_WAIT_NS, waited / 8));
            try {
                return round.get(Math.min(pause, nanos - waited), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                wake();
            }
        }
    }

    /** Lets a sleeping call look for its answer. Another state is not interrupted: it may be sending. */
    private void wake() {
        Thread caller = thread;
        if (isAsleep(caller)) {
            caller.interrupt();
        }
    }

    private static boolean isAsleep(Thread caller) {
        return caller != null && caller.getState() == Thread.State.TIMED_WAITING;
    }

    /**
     * Ends with the task. Does not wait for an answer, but until the last call is sent, so that the driver gets it before
     * the end of the task.
     *
     * @param last sent if all earlier calls were answered; null for no message
     * @param failed whether the task has failed or was killed
     */
    void end(String last, boolean failed) {
        boolean answered;
        synchronized (this) {
            if (last != null && unanswered == 0 && !task.isInterrupted()) {
                gather(last);
            }
            answered = unanswered == 0;
            closed = true;
        }
        calls.shutdown();
        if (answered) {
            return;
        }
        long limit = System.nanoTime() + SENDING_LIMIT_NS;
        while (!isAsleep(thread) && !calls.isTerminated() && System.nanoTime() < limit) {
            Thread.onSpinWait();
        }
        if (failed) {
            stop();
        } else {
            CompletableFuture.delayedExecutor(LINGER_S, TimeUnit.SECONDS).execute(this::stop);
        }
    }

    private void stop() {
        if (!calls.isTerminated()) {
            calls.shutdownNow();
            task.markInterrupted(END);
            wake();
        }
    }
}
