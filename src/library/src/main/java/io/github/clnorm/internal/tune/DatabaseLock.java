package io.github.clnorm.internal.tune;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;

/** The lock of a database of measurements: a file beside it, for all threads and processes. Thread-safe. */
public final class DatabaseLock {

    private static final long PATIENCE_SECONDS = 60;
    private static final long RETRY_MILLISECONDS = 10;

    // A file lock belongs to the process, not to the thread.
    private static final Object PROCESS_LOCK = new Object();

    private DatabaseLock() {}

    /**
     * What runs under the lock.
     *
     * @param <T> the result's type
     */
    @FunctionalInterface
    public interface Task<T> {
        /**
         * Reads or replaces the database.
         *
         * @return the result
         * @throws IOException if that fails
         */
        T run() throws IOException;
    }

    /**
     * Runs a task under the lock of a database's file.
     *
     * @param database the file; need not exist
     * @param task what to run
     * @param <T> the result's type
     * @return the task's result
     * @throws IOException if the task throws it, or the lock cannot be had
     */
    public static <T> T locked(Path database, Task<T> task) throws IOException {
        synchronized (PROCESS_LOCK) {
            Path lock = database.resolveSibling(database.getFileName() + ".lock");
            // Opening a pipe would block.
            if (Files.exists(lock, LinkOption.NOFOLLOW_LINKS)
                    && !Files.isRegularFile(lock, LinkOption.NOFOLLOW_LINKS)) {
                throw new FileSystemException(database.toString(), null, lock + " is not a regular file");
            }
            // Closing the channel releases the lock.
            try (FileChannel channel = FileChannel.open(
                    lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
                lock(channel, database);
                return task.run();
            }
        }
    }

    /** Blocks until the lock is free, but not forever: its owner may hang. */
    private static void lock(FileChannel channel, Path database) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (true) {
            FileLock lock;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                // A copy of this class from another class loader, in this process.
                lock = null;
            }
            if (lock != null) {
                return;
            }
            if (System.nanoTime() - end > 0) {
                throw new IOException("another process has locked " + database + " for " + PATIENCE_SECONDS + " s");
            }
            try {
                Thread.sleep(RETRY_MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while waiting for the lock of " + database, e);
            }
        }
    }
}
