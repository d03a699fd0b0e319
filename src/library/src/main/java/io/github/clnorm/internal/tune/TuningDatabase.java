package io.github.clnorm.internal.tune;

import io.github.clnorm.internal.cache.CacheFolder;
import io.github.clnorm.internal.cache.OwnFile;
import io.github.clnorm.internal.cache.UntrustedException;
import io.github.clnorm.internal.files.FileReplacements;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;

/**
 * What tuning found, in one readable JSON file: by default {@code tuning.json} in the {@linkplain CacheFolder user's cache
 * folder}. It is read once, when it is first asked.
 *
 * <p>Several processes may store at the same time: each reads what is there, adds its own and replaces the file as a whole,
 * under a lock of the file {@code tuning.json.lock} beside it. A file that is something else, or damaged, is renamed to
 * {@code tuning.json.damaged}, with a warning in the log, and a new one begun. A folder that cannot be written to costs
 * nothing but what would have been stored in it. A file that another user could have written is neither read nor replaced,
 * with a warning in the log.
 *
 * <p>Thread-safe.
 */
public final class TuningDatabase {

    private static final System.Logger LOG = System.getLogger(TuningDatabase.class.getName());
    private static final String NAME = "tuning.json";
    private static final String SHIPPED = "shipped.json";
    // A result takes about 500 bytes. Parsed, a file takes some twenty times its size.
    private static final long LARGEST_FILE = 8L << 20;
    private static final long LOCK_PATIENCE_SECONDS = 60;
    private static final long LOCK_RETRY_MILLISECONDS = 10;

    // A file's lock is the process's, not the thread's.
    private static final Object PROCESS_LOCK = new Object();
    // Every backend reads the file anew; what is wrong with it is said once.
    private static final Set<Path> WARNED = ConcurrentHashMap.newKeySet();

    private final Path file;
    private TuningFile content;

    private TuningDatabase(Path file) {
        this.file = file;
    }

    /**
     * The user's own.
     *
     * @return the database in the cache folder; an empty one that keeps nothing where there is no such folder
     */
    public static TuningDatabase ofUser() {
        return new TuningDatabase(
                CacheFolder.path().map(folder -> folder.resolve(NAME)).orElse(null));
    }

    /**
     * That of a file.
     *
     * @param file which need not exist yet
     * @return the database
     */
    public static TuningDatabase at(Path file) {
        return new TuningDatabase(file);
    }

    /**
     * What comes with the library.
     *
     * @return entries of devices that were measured for it; may be none
     */
    public static Collection<Entry> shipped() {
        return Shipped.ENTRIES;
    }

    /** Read when somebody asks for it. */
    private static final class Shipped {
        private static final Collection<Entry> ENTRIES = read(TuningDatabase.class.getResourceAsStream(SHIPPED));
    }

    static Collection<Entry> read(InputStream resource) {
        if (resource == null) {
            return List.of();
        }
        try (resource) {
            return List.copyOf(TuningFile.parse(resource.readAllBytes()).entries());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Where it is.
     *
     * @return the file; null where there is no place for one
     */
    public Path file() {
        return file;
    }

    /**
     * All entries, of whatever device and driver.
     *
     * @return a copy
     */
    public synchronized List<Entry> entries() {
        if (content == null) {
            content = readOrSetAside();
        }
        return List.copyOf(content.entries());
    }

    /**
     * Stores entries, each in place of one of the same device, driver, kernels and grouping.
     *
     * @param found what was measured just now
     * @throws IOException when it cannot be written; the entries are known to this object all the same
     */
    public synchronized void add(Collection<Entry> found) throws IOException {
        TuningFile added = new TuningFile();
        found.forEach(added::add);
        merge(content -> {
            content.put(added);
            return found.size();
        });
    }

    /**
     * Stores what another file has, the newest of each entry.
     *
     * @param other a file with an {@linkplain #exported() export}, or another user's database. Not modified
     * @return how many entries were new, or newer
     * @throws IllegalArgumentException when it is no such file
     * @throws IOException when it cannot be read, or this one not written
     */
    public synchronized int importFrom(Path other) throws IOException {
        try {
            TuningFile added = TuningFile.parse(bytes(other));
            return merge(content -> content.add(added));
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException(other + ": no such file", e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(other + ": " + e.getMessage(), e);
        }
    }

    /**
     * The content of the database as a file of its own, for other users.
     *
     * @return its text in UTF-8, and how many entries it has
     * @throws IOException when there is a file that cannot be read, or is something else
     */
    public synchronized Export exported() throws IOException {
        TuningFile all = new TuningFile();
        if (file != null && Files.exists(file)) {
            try {
                all = TuningFile.parse(ownBytes());
            } catch (FileSystemException e) {
                throw new IOException(file + ": cannot be read: " + reason(e), e);
            } catch (IllegalArgumentException e) {
                throw new IOException(file + ": " + e.getMessage(), e);
            }
        }
        return new Export(all.text(), all.entries().size());
    }

    /**
     * What is shared.
     *
     * @param text JSON, in UTF-8
     * @param entries how many are in it
     */
    public record Export(byte[] text, int entries) {}

    /** Reads, adds, and writes, with nobody between. */
    private int merge(ToIntFunction<TuningFile> change) throws IOException {
        entries();
        int known = change.applyAsInt(content);
        if (file == null) {
            throw new IOException("there is no cache folder: neither CLNORM_CACHE nor a home is set");
        }
        try {
            CacheFolder.create(file.toAbsolutePath().getParent());
            return locked(() -> {
                TuningFile current = read(true);
                int isNew = change.applyAsInt(current);
                content = current;
                byte[] text = current.text();
                if (text.length > LARGEST_FILE) {
                    throw new IOException(file + ": would be larger than " + (LARGEST_FILE >> 20) + " MiB");
                }
                FileReplacements.replace(file, text, true);
                return Math.max(isNew, known);
            });
        } catch (FileSystemException e) {
            throw new IOException(file + ": cannot be written: " + reason(e), e);
        } catch (UntrustedException e) {
            throw new IOException(file + ": is not used: " + e.getMessage(), e);
        }
    }

    /** Java's own message is often the name of the file alone. */
    private static String reason(FileSystemException e) {
        if (e.getReason() != null) {
            return e.getReason();
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof NoSuchFileException) {
            return e.getFile() + ": no such file or folder";
        }
        return e instanceof FileAlreadyExistsException ? e.getFile() + " is not a folder" : e.toString();
    }

    /** What is done while nobody else does such things to the file. */
    @FunctionalInterface
    private interface Task<T> {
        T run() throws IOException;
    }

    private <T> T locked(Task<T> task) throws IOException {
        synchronized (PROCESS_LOCK) {
            Path lock = file.resolveSibling(file.getFileName() + ".lock");
            // Opening a pipe would block.
            if (Files.exists(lock, LinkOption.NOFOLLOW_LINKS)
                    && !Files.isRegularFile(lock, LinkOption.NOFOLLOW_LINKS)) {
                throw new FileSystemException(file.toString(), null, lock + " is not a regular file");
            }
            try (FileChannel channel = FileChannel.open(
                    lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
                // Given back when the channel is closed.
                lock(channel);
                return task.run();
            }
        }
    }

    /** Waits for whoever has it, but not for one that hangs. */
    private static void lock(FileChannel channel) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LOCK_PATIENCE_SECONDS);
        while (true) {
            FileLock lock;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                // Another class loader's copy of this class, in this process.
                lock = null;
            }
            if (lock != null) {
                return;
            }
            if (System.nanoTime() - end > 0) {
                throw new IOException(
                        "another process has locked the tuning database for " + LOCK_PATIENCE_SECONDS + " s");
            }
            try {
                Thread.sleep(LOCK_RETRY_MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while waiting for the tuning database", e);
            }
        }
    }

    /** A file that is replaced while it is read is the old one or the new one. */
    private TuningFile readOrSetAside() {
        if (file == null || !Files.exists(file)) {
            return new TuningFile();
        }
        try {
            return TuningFile.parse(ownBytes());
        } catch (TuningFile.NewerFormatException e) {
            warn("is not used", e.getMessage());
            return new TuningFile();
        } catch (UntrustedException e) {
            CacheFolder.warn(e.getMessage());
            return new TuningFile();
        } catch (IOException | IllegalArgumentException e) {
            // Somebody may be mending it: looked at again with nobody between.
            return setAside();
        }
    }

    private TuningFile setAside() {
        try {
            return locked(() -> read(true));
        } catch (IOException e) {
            try {
                return read(false);
            } catch (IOException unreadable) {
                warn(
                        "cannot be read",
                        unreadable instanceof FileSystemException known ? reason(known) : unreadable.getMessage());
                return new TuningFile();
            }
        }
    }

    /** The caller has the lock, where there can be one. */
    private TuningFile read(boolean locked) throws IOException {
        try {
            return TuningFile.parse(ownBytes());
        } catch (NoSuchFileException e) {
            return new TuningFile();
        } catch (TuningFile.NewerFormatException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            Path aside = file.resolveSibling(file.getFileName() + ".damaged");
            if (locked) {
                Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
                LOG.log(Level.WARNING, "{0} is not used: {1}. It was renamed to {2}", file, e.getMessage(), aside);
            } else {
                warn("is not used", e.getMessage());
            }
            return new TuningFile();
        }
    }

    private void warn(String what, String why) {
        if (WARNED.add(file)) {
            LOG.log(Level.WARNING, "{0} {1}: {2}", file, what, why);
        }
    }

    /** The content of the database's own file, also where a link of the user's leads to it. */
    private byte[] ownBytes() throws IOException {
        CacheFolder.requireTrusted(file.toAbsolutePath().getParent());
        Path real = file.toRealPath();
        requireReadable(real);
        return OwnFile.read(real, LARGEST_FILE);
    }

    private static byte[] bytes(Path from) throws IOException {
        Path real = from.toRealPath();
        requireReadable(real);
        return OwnFile.bounded(real, LARGEST_FILE);
    }

    private static void requireReadable(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException("it is not a regular file");
        }
        if (Files.size(file) > LARGEST_FILE) {
            throw new IllegalArgumentException("it is larger than " + (LARGEST_FILE >> 20) + " MiB");
        }
    }
}
