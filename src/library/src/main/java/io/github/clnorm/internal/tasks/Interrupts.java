package io.github.clnorm.internal.tasks;

import java.util.concurrent.CancellationException;

/** What passes throw if the thread that waits for them is interrupted. Thread-safe. */
public final class Interrupts {

    private Interrupts() {}

    /**
     * Ends the work of a thread that is interrupted, and stays so.
     *
     * @throws CancellationException if this thread is interrupted
     */
    public static void check() {
        if (Thread.currentThread().isInterrupted()) {
            throw ended(null);
        }
    }

    /**
     * The exception.
     *
     * @param cause what the interrupt made fail, or null
     * @return an exception to throw
     */
    public static CancellationException ended(Throwable cause) {
        CancellationException ended =
                new CancellationException("the thread was interrupted: the pass ended before all results were written");
        ended.initCause(cause);
        return ended;
    }
}
