package io.github.clnorm.tools.cluster;

import io.github.clnorm.internal.cache.CacheFolder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * A folder that all processes of a user on a machine share, with a lock. It is in the temporary folder of the system: the
 * home of a user is often shared by all machines, and a cluster manager may give each process a temporary folder of its own
 * ({@code java.io.tmpdir}).
 *
 * <p>Closing it releases the lock. Thread-safe.
 */
final class MachineFolder implements AutoCloseable {

    private static final Path OF_UNIX = Path.of("/tmp");
    private static final long RETRY_MILLISECONDS = 50;

    // A file lock belongs to the process, not to the thread.
    private static final ReentrantLock OF_PROCESS = new ReentrantLock();

    private final Path path;
    private final FileChannel channel;

    private MachineFolder(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /** Where the folder of this machine is. */
    static Path ofThisMachine() {
        Path temporary = Files.isDirectory(OF_UNIX) && Files.isWritable(OF_UNIX)
                ? OF_UNIX
                : Path.of(System.getProperty("java.io.tmpdir"));
        return temporary.resolve("clnorm-bench-" + System.getProperty("user.name"));
    }

    /**
     * Creates the folder if it does not exist, and blocks until the lock is free.
     *
     * @param folder its path
     * @param machine in the lock's name
     * @param stop whether to give up
     * @throws IOException if another user could have written to the folder, or it cannot be created, or it was stopped
     */
    static MachineFolder lock(Path folder, String machine, BooleanSupplier stop) throws IOException {
        CacheFolder.create(folder);
        while (!OF_PROCESS.tryLock()) {
            await(stop);
        }
        try {
            return new MachineFolder(folder, locked(folder.resolve(machine + ".lock"), stop));
        } catch (IOException | RuntimeException e) {
            OF_PROCESS.unlock();
            throw e;
        }
    }

    private static FileChannel locked(Path file, BooleanSupplier stop) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            while (!isLocked(channel)) {
                await(stop);
            }
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            // A copy of this class from another class loader, in this process.
            return false;
        }
    }

    private static void await(BooleanSupplier stop) throws IOException {
        try {
            Thread.sleep(RETRY_MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (stop.getAsBoolean() || Thread.currentThread().isInterrupted()) {
            throw new IOException("stopped while another process of this machine measured its devices");
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            OF_PROCESS.unlock();
        }
    }
}
