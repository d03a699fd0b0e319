package io.github.clnorm.internal.driver;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Prints a hint on standard error if it is not closed in time, because a driver is slow. A driver that hangs while it
 * is loaded holds the dynamic linker's lock, which blocks each thread that calls a native method for the first time.
 * Therefore the thread calls the methods once in advance, and writes to the file descriptor instead of a logger.
 * Thread-safe.
 */
final class SlowHint implements AutoCloseable {

    private final CountDownLatch ready = new CountDownLatch(1);
    private final CountDownLatch over = new CountDownLatch(1);
    private final byte[] line;
    private final long milliseconds;

    /**
     * Starts to wait.
     *
     * @param what the beginning of the hint's sentence
     * @param limit the time after which the hint is printed
     */
    SlowHint(String what, Duration limit) {
        milliseconds = limit.toMillis();
        // concat, because the first use of string concatenation by + takes milliseconds.
        line = "clnorm: "
                .concat(what)
                .concat(" after ")
                .concat(Long.toString(limit.toSeconds()))
                .concat(" s: clnorm doctor names a driver that hangs")
                .concat(System.lineSeparator())
                .getBytes(StandardCharsets.UTF_8);
        Thread thread = new Thread(this::hint, "clnorm-slow-drivers");
        thread.setDaemon(true);
        thread.start();
        try {
            ready.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // The stream belongs to the process and is never closed.
    @SuppressWarnings("resource")
    private void hint() {
        FileOutputStream error = new FileOutputStream(FileDescriptor.err);
        try {
            error.write(line, 0, 0);
            over.await(0, TimeUnit.MILLISECONDS);
            ready.countDown();
            if (!over.await(milliseconds, TimeUnit.MILLISECONDS)) {
                error.write(line, 0, line.length);
            }
        } catch (IOException e) {
            // Standard error is closed.
            ready.countDown();
        } catch (InterruptedException e) {
            ready.countDown();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        over.countDown();
    }
}
