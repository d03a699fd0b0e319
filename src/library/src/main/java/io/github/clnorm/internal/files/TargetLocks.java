package io.github.clnorm.internal.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Exclusive locks on destinations, among threads and among processes. A lock file beside each destination is created,
 * locked, and removed with the lock.
 */
final class TargetLocks implements AutoCloseable {

    private static final long MAX_WAIT_SECONDS = 600;
    private static final long MIN_PAUSE_MILLISECONDS = 2;
    private static final long MAX_PAUSE_MILLISECONDS = 50;

    // File locks belong to the process; this set separates its threads.
    private static final Set<Path> HELD = new HashSet<>();

    /** Locks a channel. Tests replace it to simulate a file system without locks. */
    interface Locker {
        /** Returns whether it obtained the lock. */
        boolean tryLock(FileChannel channel) throws IOException;
    }

    private record Held(Path path, FileChannel channel) {}

    private final Set<Path> paths = new TreeSet<>();
    private final List<Held> held = new ArrayList<>();

    private TargetLocks(Collection<Path> destinations) {
        // All processes lock in the order of the names, which prevents deadlock.
        destinations.forEach(destination -> paths.add(Names.lock(destination)));
    }

    /**
     * Blocks until all are locked.
     *
     * @param required whether to throw if the file system has no locks; otherwise its files stay unlocked
     */
    static TargetLocks acquire(Collection<Path> destinations, boolean required, Locker locker) throws IOException {
        TargetLocks locks = new TargetLocks(destinations);
        locks.acquireInProcess();
        try {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_WAIT_SECONDS);
            for (Path path : locks.paths) {
                locks.acquire(path, required, locker, end);
            }
            return locks;
        } catch (IOException | RuntimeException e) {
            locks.close();
            throw e;
        }
    }

    /** Returns null if another thread or process holds one of them. Throws if the file system has no locks. */
    static TargetLocks tryAcquire(Collection<Path> destinations, Locker locker) throws IOException {
        TargetLocks locks = new TargetLocks(destinations);
        synchronized (HELD) {
            if (locks.paths.stream().anyMatch(HELD::contains)) {
                return null;
            }
            HELD.addAll(locks.paths);
        }
        try {
            for (Path path : locks.paths) {
                if (!locks.tryOnce(path, locker)) {
                    locks.close();
                    return null;
                }
            }
            return locks;
        } catch (IOException e) {
            locks.close();
            throw notLockable(e);
        }
    }

    static boolean isHeldHere(Path lock) {
        synchronized (HELD) {
            return HELD.contains(lock);
        }
    }

    private void acquireInProcess() throws IOException {
        synchronized (HELD) {
            try {
                while (paths.stream().anyMatch(HELD::contains)) {
                    HELD.wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while another thread replaces the file", e);
            }
            HELD.addAll(paths);
        }
    }

    private void acquire(Path path, boolean required, Locker locker, long end) throws IOException {
        long pause = MIN_PAUSE_MILLISECONDS;
        try {
            while (!tryOnce(path, locker)) {
                if (System.nanoTime() - end > 0) {
                    throw new StillLockedException(
                            "another process has locked it for " + MAX_WAIT_SECONDS + " s (" + path + ")");
                }
                pause(pause);
                pause = Math.min(2 * pause, MAX_PAUSE_MILLISECONDS);
            }
        } catch (StillLockedException e) {
            throw e;
        } catch (IOException e) {
            if (required) {
                throw notLockable(e);
            }
        }
    }

    private static IOException notLockable(IOException cause) {
        return new IOException(
                "it cannot be locked, and writers at the same time would lose each other's tensors: " + reason(cause),
                cause);
    }

    private static final class StillLockedException extends IOException {
        private static final long serialVersionUID = 1;

        StillLockedException(String message) {
            super(message);
        }
    }

    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException denied) {
            return denied.getFile() + ": permission denied";
        }
        return e instanceof FileSystemException file && file.getReason() != null ? file.getReason() : e.getMessage();
    }

    private boolean tryOnce(Path path, Locker locker) throws IOException {
        FileChannel channel = OwnedFile.open(path, StandardOpenOption.CREATE);
        boolean mine = false;
        try {
            mine = tryLock(path, channel, locker) && OwnedFile.isStillNamed(path, channel);
            if (mine) {
                held.add(new Held(path, channel));
            }
            // Otherwise another process has the lock, or has just removed the file.
            return mine;
        } finally {
            if (!mine) {
                channel.close();
            }
        }
    }

    private static boolean tryLock(Path path, FileChannel channel, Locker locker) throws IOException {
        try {
            return locker.tryLock(channel);
        } catch (IOException e) {
            // Without locks the file is useless.
            Files.deleteIfExists(path);
            throw e;
        }
    }

    private static void pause(long milliseconds) throws IOException {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StillLockedException("interrupted while another process replaces the file");
        }
    }

    /** Removes the lock files. A process that waits for one notices that, and creates a new file. */
    @Override
    public void close() {
        try {
            for (Held lock : held) {
                try {
                    // In this order, so that the next process to lock the file sees that it was removed.
                    Files.deleteIfExists(lock.path);
                    lock.channel.close();
                } catch (IOException e) {
                    // The next process removes it.
                    continue;
                }
            }
        } finally {
            held.clear();
            synchronized (HELD) {
                HELD.removeAll(paths);
                HELD.notifyAll();
            }
        }
    }
}
