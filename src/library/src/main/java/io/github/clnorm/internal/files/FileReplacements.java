package io.github.clnorm.internal.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Replaces files, all or none. New content is written to a temporary file in the folder of its destination, flushed to
 * the storage device, and renamed over the destination by {@link #commit()}. At every moment the destination has either
 * the old or the new content.
 *
 * <ul>
 *   <li>Several files: each old file keeps a second, hidden name until all files are renamed. It is a hard link, or a
 *       copy on file systems without links. If a rename fails, the old files are restored. SIGINT and SIGTERM let a
 *       running commit finish. Before a commit nothing is replaced. After SIGKILL or a crash, the next process that
 *       writes to the folder restores the old files, unless another program has replaced them since. Each folder is
 *       restored on its own.
 *   <li>Symbolic links stay: their target is replaced, or created if it does not exist.
 *   <li>Mode, group and owner of a replaced file are kept as far as the system permits. A new file has the default
 *       mode. Other hard links to a replaced file keep the old content.
 *   <li>During a commit, files are locked against other processes and threads that use this class, if the file system
 *       has locks; see {@link #lock}.
 *   <li>{@link #close()} removes temporary files, and so does the exit of the JVM. After SIGKILL, the next process that
 *       writes to the folder removes them.
 * </ul>
 *
 * <p>Not thread-safe. Several threads may each use their own object.
 */
public final class FileReplacements implements AutoCloseable {

    private enum State {
        OPEN,
        COMMITTING,
        CLOSED
    }

    private final Steps steps;
    private final TargetLocks.Locker locker;
    private final String set = Names.newSet();
    private final List<Replacement> files = new ArrayList<>();
    private final Set<Path> swept = new HashSet<>();
    private int number;
    private TargetLocks locks;
    // Guarded by this, as is `files`: the exit hook runs in its own thread.
    private State state = State.OPEN;

    /** Creates an empty set of files. */
    public FileReplacements() {
        this(Steps.NONE, channel -> OwnedFile.tryLock(channel) != null);
    }

    FileReplacements(Steps steps, TargetLocks.Locker locker) {
        this.steps = steps;
        this.locker = locker;
    }

    /**
     * Replaces one file.
     *
     * @param target the file, or a link to it; need not exist
     * @param content the new content
     * @param isPrivate whether only its owner can read and write it; otherwise the mode of an old file is kept
     * @throws IOException if it cannot be written; the old file is unchanged
     */
    public static void replace(Path target, byte[] content, boolean isPrivate) throws IOException {
        try (FileReplacements files = new FileReplacements()) {
            Replacement file = isPrivate ? files.createPrivate(target) : files.create(target);
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                file.channel().write(bytes);
            }
            files.commit();
        }
    }

    /**
     * Resolves the links in a name.
     *
     * @param target a name, also of a link to a file that does not exist
     * @return an absolute path without links
     * @throws IOException if links form a circle, or cannot be read
     */
    public static Path destination(Path target) throws IOException {
        return Destinations.of(target);
    }

    /**
     * Checks that a file can be replaced, by creating a temporary file beside it.
     *
     * @param target the file, or a link to it; need not exist
     * @param locked whether to also check that it can be {@linkplain #lock locked}
     * @throws IOException if its folder does not exist, does not allow new files, or has no locks
     */
    public static void check(Path target, boolean locked) throws IOException {
        try (FileReplacements files = new FileReplacements()) {
            files.check(files.create(target), locked);
        }
    }

    void check(Replacement file, boolean locked) throws IOException {
        if (locked) {
            // Null means that another process holds the lock, so the file system has locks.
            locks = TargetLocks.tryAcquire(List.of(file.destination()), locker);
        }
    }

    /**
     * Starts to replace a file.
     *
     * @param target the file, or a link to it; need not exist
     * @return the new file, still empty
     * @throws IOException if no file can be created in its folder
     */
    public Replacement create(Path target) throws IOException {
        return create(target, false);
    }

    /**
     * Starts to replace a file by one that only this user can read and write. Mode and owner of the old file are not
     * kept.
     *
     * @param target the file, or a link to it; need not exist
     * @return the new file, still empty
     * @throws IOException if no file can be created in its folder
     */
    public Replacement createPrivate(Path target) throws IOException {
        return create(target, true);
    }

    private Replacement create(Path target, boolean isPrivate) throws IOException {
        Path destination = Destinations.of(target);
        Destinations.checkReplaceable(destination);
        Replacement file = create(destination, isPrivate, Files.exists(destination));
        // During a commit this process holds the locks that a rollback needs.
        if (locks == null && swept.add(destination.getParent())) {
            Leftovers.sweep(file.temporary(), locker);
        }
        return file;
    }

    private Replacement create(Path destination, boolean isPrivate, boolean exists) throws IOException {
        // First, so that the hook removes whatever is created.
        ExitHook.add(this);
        synchronized (this) {
            checkState(State.OPEN);
            // At no moment may more users read the content than can read the old file.
            OwnedFile.Created created =
                    OwnedFile.create(() -> Names.part(destination, set, number++), isPrivate || exists);
            Replacement file = new Replacement(
                    destination, created.path(), Names.old(destination, set, number), created.channel());
            files.add(file);
            if (exists && !isPrivate) {
                Permissions.keep(destination, created.path());
            }
            return file;
        }
    }

    /**
     * Locks files against other processes and threads that use this class, until the end of {@link #commit()} or
     * {@link #close()}. Needed if the new content depends on the old. Call it once, with all files. Blocks while others
     * hold one of the locks, for at most ten minutes.
     *
     * @param destinations the {@linkplain #destination destinations} of all files
     * @param required whether to throw if the file system has no locks
     * @throws IOException if they cannot be locked
     * @throws IllegalStateException if it was called before
     */
    public void lock(Collection<Path> destinations, boolean required) throws IOException {
        if (locks != null) {
            throw new IllegalStateException("files are locked already");
        }
        locks = TargetLocks.acquire(destinations, required, locker);
    }

    /**
     * Replaces all files, or none, and closes the temporary files.
     *
     * @throws IOException if one of them cannot be written or renamed; a {@link FileSystemException} names the
     *     destination
     */
    public void commit() throws IOException {
        List<Replacement> kept =
                files.stream().filter(file -> !file.isDiscarded()).toList();
        if (locks == null) {
            lock(kept.stream().map(Replacement::destination).toList(), false);
        }
        synchronized (this) {
            checkState(State.OPEN);
            state = State.COMMITTING;
        }
        try {
            new Commit(kept, set, () -> number++, steps).run();
        } finally {
            unlock();
            synchronized (this) {
                state = State.OPEN;
                notifyAll();
            }
        }
        close(kept);
    }

    private void checkState(State expected) throws IOException {
        if (state != expected) {
            throw new IOException("the program is about to end");
        }
    }

    private void unlock() {
        if (locks != null) {
            locks.close();
            locks = null;
        }
    }

    /** Called by the exit hook: waits for a running commit, then removes all temporary files. */
    void exit() {
        synchronized (this) {
            try {
                while (state == State.COMMITTING) {
                    wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            state = State.CLOSED;
            for (Replacement file : files) {
                try {
                    // Not closed, so that a thread that is writing sees no failure.
                    Files.deleteIfExists(file.temporary());
                } catch (IOException e) {
                    // The next process removes it.
                    continue;
                }
            }
        }
    }

    /** Removes the files that were not committed. */
    @Override
    public void close() throws IOException {
        unlock();
        close(files);
    }

    private synchronized void close(List<Replacement> some) throws IOException {
        IOException failure = null;
        for (Replacement file : List.copyOf(some)) {
            try {
                // Removed while locked: without its lock, another process would treat it as a leftover.
                Files.deleteIfExists(file.temporary());
                file.channel().close();
            } catch (IOException e) {
                failure = failure == null ? e : failure;
            }
        }
        files.removeAll(List.copyOf(some));
        if (files.isEmpty()) {
            ExitHook.remove(this);
        }
        if (failure != null) {
            throw failure;
        }
    }
}
