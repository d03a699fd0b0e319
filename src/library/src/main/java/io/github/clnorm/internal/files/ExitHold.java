package io.github.clnorm.internal.files;

/**
 * Keeps the exit of the JVM from discarding unfinished files, for at most 70 seconds: for a program that writes its results
 * after SIGINT. Thread-safe.
 */
public final class ExitHold implements AutoCloseable {

    private boolean held = true;

    /** From now on until it is closed. */
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
