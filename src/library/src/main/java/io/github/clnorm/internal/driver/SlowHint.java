package io.github.clnorm.internal.driver;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Says on standard error that a driver is slow, unless it is closed in time. A driver that hangs while it is loaded holds the
 * dynamic linker's lock, and with it every thread that calls a native method for the first time: so all that the hint needs
 * was called before, and it goes to the file descriptor instead of a logger. Thread-safe.
 */
final class SlowHint implements AutoCloseable {

    private final CountDownLatch ready = new CountDownLatch(1);
    private final CountDownLatch over = new CountDownLatch(1);
    private final byte[] line;
    private final long milliseconds;

    /**
     * Begins to wait.
     *
     * @param what is slow, as the beginning of a sentence
     * @param limit how long it may take
     */
    SlowHint(String what, Duration limit) {
        milliseconds = limit.toMillis();
        // Without string templates, whose first use takes milliseconds.
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

    // The stream is the process's: it is never closed.
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
            // Standard error is closed: a hint could not be read.
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
