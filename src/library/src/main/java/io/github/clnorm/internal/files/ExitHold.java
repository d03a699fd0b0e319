package io.github.clnorm.internal.files;

/**
 * Delays the removal of unfinished files when the JVM exits, by at most 70 seconds, so that a program can write its
 * results after SIGINT. Thread-safe.
 */
public final class ExitHold implements AutoCloseable {

    private boolean held = true;

    /** Holds from now until {@link #close()}. */
    public ExitHold() {
        ExitHook.hold();
    }

    @Override
    public synchronized void close() {
        if (held) {
            held = false;
            ExitHook.release();
        }
    }
}
