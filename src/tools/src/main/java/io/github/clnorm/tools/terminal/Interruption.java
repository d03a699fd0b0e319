package io.github.clnorm.tools.terminal;

import io.github.clnorm.internal.files.ExitHold;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C while something runs whose results so far are worth keeping: the program goes on until it has written them, but
 * not for long. Closed when they are written.
 */
public final class Interruption implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 60;

    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook = new Thread(this::await, "interruption");
    // What is not written yet must not be discarded meanwhile.
    private final ExitHold hold = new ExitHold();
    private volatile boolean requested;

    public Interruption() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Whether it is time to stop. */
    public boolean requested() {
        return requested;
    }

    private void await() {
        requested = true;
        try {
            done.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        done.countDown();
        hold.close();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // It is on its way already: the signal decides the exit code.
            requested = true;
        }
    }
}
