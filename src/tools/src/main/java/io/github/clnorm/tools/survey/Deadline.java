package io.github.clnorm.tools.survey;

import io.github.clnorm.internal.driver.ExitGuard;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;

/**
 * Ends a survey whose driver does not return: no call of a driver can be interrupted. Only where the survey has the
 * process for itself.
 */
public final class Deadline implements AutoCloseable {

    private static final long MOST_START_UP = TimeUnit.SECONDS.toNanos(20);

    private static volatile boolean ownsProcess;

    private final Thread thread;

    /**
     * Waits in the background.
     *
     * @param nanoseconds until it ends the process
     * @param last called before; gives the exit code
     */
    Deadline(long nanoseconds, IntSupplier last) {
        long end = System.nanoTime() + nanoseconds;
        thread = new Thread(
                () -> {
                    while (System.nanoTime() - end < 0) {
                        LockSupport.parkNanos(end - System.nanoTime());
                        if (Thread.currentThread().isInterrupted()) {
                            return;
                        }
                    }
                    ExitGuard.exitNow(last.getAsInt());
                },
                "clnorm-survey-deadline");
        thread.setDaemon(true);
        if (ownsProcess) {
            thread.start();
        }
    }

    /** Says that this process runs one command and nothing else. */
    public static void ownProcess() {
        ownsProcess = true;
    }

    /** Nanoseconds that this process has run, if it runs one command and nothing else; otherwise 0. */
    static long startUp() {
        if (!ownsProcess) {
            return 0;
        }
        return ProcessHandle.current()
                .info()
                .startInstant()
                .map(start -> Duration.between(start, Instant.now()).toNanos())
                // The machine's clock may have been set.
                .filter(passed -> passed > 0 && passed < MOST_START_UP)
                .orElse(0L);
    }

    /** The survey has ended in time. */
    @Override
    public void close() {
        thread.interrupt();
    }
}
