package io.github.clnorm.internal.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Files that replace others, all or none. New content is written under a temporary name in the folder of its destination,
 * flushed to the storage device, and renamed over the destination by {@link #commit()}: at every moment the destination's
 * name leads to the old or to the new content.
 *
 * <ul>
 *   <li>Several files: the old files get a second, hidden name (a hard link, or a copy where there are no links) until all
 *       are renamed. When a rename fails, the old files are restored. SIGINT and SIGTERM during a commit let it finish;
 *       before it, nothing is replaced. After SIGKILL or a crash, the next process that writes to the folder restores the old files
 *       that were replaced, unless another program has replaced them since. Files in several folders are restored folder by
 *       folder.
 *   <li>Links stay: the file that a link leads to is replaced, or created where there is none.
 *   <li>Mode, group and owner of a replaced file are kept as far as the system permits. A new file has the mode of any new
 *       file. Other hard links to a replaced file keep the old content.
 *   <li>While files are renamed they are locked against other processes and threads that use this class, where the file
 *       system has locks; see {@link #lock}.
 *   <li>A temporary file is removed by {@link #close()}, when the JVM exits, or, after SIGKILL, by the next process that
 *       writes to the folder.
 * </ul>
 *
 * <p>Not thread-safe; several objects may be used at the same time.
 */
public final class FileReplacements implements AutoCloseable {

    private static final int MOST_LINKS = 40;

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
    // Guarded by this, as are the files: the exit hook has a thread of its own.
    private State state = State.OPEN;

    /** Nothing is replaced yet. */
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
     * @param isPrivate whether it becomes a file for its owner only; otherwise the mode of an old file is kept
     * @throws IOException when it cannot be written; the old file is unchanged
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
     * The file that a name leads to.
     *
     * @param target a name; may be a link to a file that does not exist
     * @return an absolute path without links
     * @throws IOException when links form a circle, or cannot be read
     */
    public static Path destination(Path target) throws IOException {
        Path path = target.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(path); links++) {
            if (links == MOST_LINKS) {
                throw new FileSystemException(target.toString(), null, "too many levels of links");
            }
            path = path.resolveSibling(Files.readSymbolicLink(path));
        }
        if (Files.exists(path)) {
            return path.toRealPath();
        }
        // Two names of a file that does not exist yet are one when their folders are.
        Path folder = path.getParent();
        return folder != null && Files.exists(folder) && path.getFileName() != null
                ? folder.toRealPath().resolve(path.getFileName())
                : path.normalize();
    }

    /**
     * Checks that a file could be replaced, by making a temporary file beside it.
     *
     * @param target the file, or a link to it; need not exist
     * @param locked whether it must be possible to {@linkplain #lock lock} it
     * @throws IOException when its folder does not exist, takes no files, or has no locks
     */
    public static void check(Path target, boolean locked) throws IOException {
        try (FileReplacements files = new FileReplacements()) {
            files.check(files.create(target), locked);
        }
    }

    void check(Replacement file, boolean locked) throws IOException {
        if (locked) {
            // Null where another process has the lock now: then there are locks.
            locks = TargetLocks.tryAcquire(List.of(file.destination()), locker);
        }
    }

    /**
     * Begins to replace a file.
     *
     * @param target the file, or a link to it; need not exist
     * @return takes the new content
     * @throws IOException when no file can be made in its folder
     */
    public Replacement create(Path target) throws IOException {
        return create(target, false);
    }

    /**
     * Begins to replace a file by one that its owner only, which is this user, reads and writes, whatever the mode and the
     * owner of the old file are.
     *
     * @param target the file, or a link to it; need not exist
     * @return takes the new content
     * @throws IOException when no file can be made in its folder
     */
    public Replacement createPrivate(Path target) throws IOException {
        return create(target, true);
    }

    private Replacement create(Path target, boolean isPrivate) throws IOException {
        Path destination = destination(target);
        checkReplaceable(destination);
        Replacement file = create(destination, isPrivate, Files.exists(destination));
        // During a commit the locks are held that a rollback needs.
        if (locks == null && swept.add(destination.getParent())) {
            Leftovers.sweep(file.temporary(), locker);
        }
        return file;
    }

    private static void checkReplaceable(Path destination) throws FileSystemException {
        if (Files.isDirectory(destination)) {
            throw new FileSystemException(destination.toString(), null, "is a directory");
        }
        if (Files.exists(destination) && !Files.isRegularFile(destination)) {
            throw new FileSystemException(destination.toString(), null, "is a pipe or a device");
        }
    }

    private Replacement create(Path destination, boolean isPrivate, boolean exists) throws IOException {
        // Before anything is made: the hook must know of it.
        ExitHook.add(this);
        synchronized (this) {
            checkState(State.OPEN);
            // The content must not be readable by more users than the old file is, not even for a moment.
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
     * Locks files against other processes and threads that replace them with this class, until the end of
     * {@link #commit()} or {@link #close()}: for content that depends on what the files hold. To be called once, with all
     * files. Blocks while others hold one of the locks, for at most ten minutes.
     *
     * @param destinations the {@linkplain #destination destinations} of all files that are replaced
     * @param required whether it is an error when the file system has no locks
     * @throws IOException when they cannot be locked
     * @throws IllegalStateException when it was called before
     */
    public void lock(Collection<Path> destinations, boolean required) throws IOException {
        if (locks != null) {
            throw new IllegalStateException("files are locked already");
        }
        locks = TargetLocks.acquire(destinations, required, locker);
    }

    /**
     * Replaces all files, or none. The temporary files are closed.
     *
     * @throws IOException when one of them cannot be written or renamed; a {@link FileSystemException} names the
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
            commit(kept);
        } finally {
            unlock();
            synchronized (this) {
                state = State.OPEN;
                notifyAll();
            }
        }
        close(kept);
    }

    private void commit(List<Replacement> kept) throws IOException {
        for (Replacement file : kept) {
            try {
                steps.before("flush " + file.destination().getFileName());
                file.channel().force(true);
                checkReplaceable(file.destination());
            } catch (IOException e) {
                throw named(file, e);
            }
        }
        if (kept.size() == 1) {
            rename(kept.get(0));
        } else if (!kept.isEmpty()) {
            commitSet(kept);
        }
    }

    private void commitSet(List<Replacement> kept) throws IOException {
        Map<Path, OwnedFile.Created> journals = new LinkedHashMap<>();
        boolean settled = true;
        try {
            for (Replacement file : kept) {
                Path folder = file.destination().getParent();
                if (!journals.containsKey(folder)) {
                    journals.put(folder, journal(folder, kept));
                }
            }
            for (Replacement file : kept) {
                keepOld(file);
            }
            journals.keySet().forEach(FileReplacements::flushFolder);
            settled = false;
            int done = 0;
            try {
                for (; done < kept.size(); done++) {
                    rename(kept.get(done));
                }
            } catch (IOException e) {
                restore(kept.subList(0, done));
                settled = true;
                throw e;
            }
            journals.keySet().forEach(FileReplacements::flushFolder);
            steps.before("end");
            settled = true;
        } finally {
            if (settled) {
                end(journals.values(), kept);
            }
            // Where restoring failed, the next process tries it again.
            for (OwnedFile.Created journal : journals.values()) {
                journal.channel().close();
            }
        }
    }

    private static void restore(List<Replacement> renamed) throws IOException {
        for (int i = renamed.size() - 1; i >= 0; i--) {
            Replacement file = renamed.get(i);
            if (Files.exists(file.older())) {
                move(file.older(), file.destination());
            } else {
                Files.deleteIfExists(file.destination());
            }
        }
    }

    /** Removes the journals, after which nothing is rolled back, and then the old content. */
    private static void end(Collection<OwnedFile.Created> journals, List<Replacement> kept) throws IOException {
        for (OwnedFile.Created journal : journals) {
            try {
                Files.deleteIfExists(journal.path());
            } catch (IOException e) {
                // An empty journal does nothing.
                journal.channel().truncate(0);
            }
        }
        for (Replacement file : kept) {
            try {
                Files.deleteIfExists(file.older());
            } catch (IOException e) {
                // The next process removes it.
                continue;
            }
        }
    }

    /** Complete from its first moment: it gets its name when it is written. */
    private OwnedFile.Created journal(Path folder, List<Replacement> kept) throws IOException {
        List<Journal.Entry> entries = new ArrayList<>();
        for (Replacement file : kept) {
            if (file.destination().getParent().equals(folder)) {
                entries.add(new Journal.Entry(
                        file.destination().getFileName().toString(),
                        Files.exists(file.destination())
                                ? file.older().getFileName().toString()
                                : null,
                        Journal.Content.of(file.temporary())));
            }
        }
        Path name = Names.journal(folder, set);
        OwnedFile.Created journal = OwnedFile.create(() -> Names.part(name, set, number++), true);
        try {
            ByteBuffer text = ByteBuffer.wrap(Journal.text(entries));
            while (text.hasRemaining()) {
                journal.channel().write(text);
            }
            journal.channel().force(true);
            move(journal.path(), name);
            return new OwnedFile.Created(name, journal.channel());
        } catch (IOException e) {
            journal.channel().close();
            Files.deleteIfExists(journal.path());
            throw e;
        }
    }

    private void keepOld(Replacement file) throws IOException {
        try {
            steps.before("keep " + file.destination().getFileName());
            if (Files.exists(file.destination())) {
                link(file.older(), file.destination());
            }
        } catch (IOException e) {
            throw named(file, e);
        }
    }

    private static void link(Path link, Path existing) throws IOException {
        try {
            Files.createLink(link, existing);
        } catch (IOException | UnsupportedOperationException e) {
            // vfat has no links, and some systems forbid those to files of other users.
            Files.copy(existing, link, StandardCopyOption.COPY_ATTRIBUTES);
            try (FileChannel copy = FileChannel.open(link)) {
                copy.force(true);
            }
        }
    }

    private void rename(Replacement file) throws IOException {
        try {
            steps.before("rename " + file.destination().getFileName());
            move(file.temporary(), file.destination());
        } catch (IOException e) {
            throw named(file, e);
        }
    }

    /** One step where the system has it. Without ATOMIC_MOVE, Java removes the old file first. */
    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static FileSystemException named(Replacement file, IOException cause) {
        String reason = cause instanceof FileSystemException known && known.getReason() != null
                ? known.getReason()
                : cause.getMessage();
        FileSystemException named = new FileSystemException(file.destination().toString(), null, reason);
        named.initCause(cause);
        return named;
    }

    /** So that names survive a loss of power; not every system has it. */
    private static void flushFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder)) {
            channel.force(true);
        } catch (IOException e) {
            // Then the system decides when.
            return;
        }
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

    /** Waits for a commit, and discards all else. Called by the exit hook. */
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
                    // Not closed: the thread that writes sees no failure.
                    Files.deleteIfExists(file.temporary());
                } catch (IOException e) {
                    // The next process removes it.
                    continue;
                }
            }
        }
    }

    /** Removes what was not committed. */
    @Override
    public void close() throws IOException {
        unlock();
        close(files);
    }

    private synchronized void close(List<Replacement> some) throws IOException {
        IOException failure = null;
        for (Replacement file : List.copyOf(some)) {
            try {
                // Removed while it is locked: until then another process must not take it for a leftover.
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
