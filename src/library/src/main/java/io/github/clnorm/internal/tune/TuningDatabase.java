package io.github.clnorm.internal.tune;

import io.github.clnorm.internal.cache.CacheFolder;
import io.github.clnorm.internal.cache.OwnFile;
import io.github.clnorm.internal.cache.UntrustedException;
import io.github.clnorm.internal.files.FileReplacements;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;

/**
 * The results of tuning in one readable JSON file: by default {@code tuning.json} in the {@linkplain CacheFolder user's
 * cache folder}. It is read once, on first use.
 *
 * <p>Several processes may store at the same time. Each reads the file, adds its entries and replaces the file as a whole,
 * under a lock on the file {@code tuning.json.lock} beside it. A damaged or foreign file is renamed to
 * {@code tuning.json.damaged} with a warning in the log, and a new file is started. If the folder cannot be written, only
 * the results are lost. A file that another user could have written is neither read nor replaced, with a warning in the log.
 *
 * <p>Thread-safe.
 */
public final class TuningDatabase {

    private static final System.Logger LOG = System.getLogger(TuningDatabase.class.getName());
    private static final String NAME = "tuning.json";
    // An entry takes about 500 bytes. A parsed file takes about twenty times its size.
    private static final long LARGEST_FILE = 8L << 20;

    // Every backend reads the file again; each problem with it is logged once.
    private static final Set<Path> WARNED = ConcurrentHashMap.newKeySet();

    private final Path file;
    private TuningFile content;

    private TuningDatabase(Path file) {
        this.file = file;
    }

    /**
     * The user's database.
     *
     * @return the database in the cache folder; if there is no cache folder, an empty one that stores nothing
     */
    public static TuningDatabase ofUser() {
        return new TuningDatabase(
                CacheFolder.path().map(folder -> folder.resolve(NAME)).orElse(null));
    }

    /**
     * The database of a file.
     *
     * @param file need not exist yet
     * @return the database
     */
    public static TuningDatabase at(Path file) {
        return new TuningDatabase(file);
    }

    /**
     * The entries that the library contains.
     *
     * @return entries of devices on which it was tuned; may be empty
     */
    public static Collection<Entry> shipped() {
        return ShippedEntries.ALL;
    }

    /**
     * The file of this database.
     *
     * @return the file; null if there is no cache folder
     */
    public Path file() {
        return file;
    }

    /**
     * All entries, of any device and driver.
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
     * Stores entries. Each replaces the entry of the same device, driver, kernels and grouping.
     *
     * @param found entries that were measured just now
     * @throws IOException if the file cannot be written; this object still has the entries
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
     * Stores the entries of another file; the newer of two results stays.
     *
     * @param other a file with an {@linkplain #exported() export}, or another user's database. Not modified
     * @return how many entries were new or newer
     * @throws IllegalArgumentException if the other file does not exist or is not a tuning database
     * @throws IOException if the other file cannot be read, or this one cannot be written
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
     * The content of the database as a file for other users.
     *
     * @return the text in UTF-8, and the number of entries
     * @throws IOException if the file exists and cannot be read, or is not a tuning database
     */
    public synchronized Export exported() throws IOException {
        TuningFile all = new TuningFile();
        if (file != null && Files.exists(file)) {
            try {
                all = TuningFile.parse(ownBytes());
            } catch (FileSystemException e) {
                throw new IOException(file + ": cannot be read: " + FileReasons.of(e), e);
            } catch (IllegalArgumentException e) {
                throw new IOException(file + ": " + e.getMessage(), e);
            }
        }
        return new Export(all.text(), all.entries().size());
    }

    /**
     * A file for other users.
     *
     * @param text JSON in UTF-8
     * @param entries the number of entries
     */
    public record Export(byte[] text, int entries) {}

    /** Reads, adds and writes under the lock. */
    private int merge(ToIntFunction<TuningFile> change) throws IOException {
        entries();
        int known = change.applyAsInt(content);
        if (file == null) {
            throw new IOException("there is no cache folder: neither CLNORM_CACHE nor a home is set");
        }
        try {
            CacheFolder.create(file.toAbsolutePath().getParent());
            return DatabaseLock.locked(file, () -> {
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
            throw new IOException(file + ": cannot be written: " + FileReasons.of(e), e);
        } catch (UntrustedException e) {
            throw new IOException(file + ": is not used: " + e.getMessage(), e);
        }
    }

    /** A file that is replaced during the read is either the old one or the new one. */
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
            // Another process may be replacing it: read again under the lock.
            return setAside();
        }
    }

    private TuningFile setAside() {
        try {
            return DatabaseLock.locked(file, () -> read(true));
        } catch (IOException e) {
            try {
                return read(false);
            } catch (IOException unreadable) {
                warn(
                        "cannot be read",
                        unreadable instanceof FileSystemException known
                                ? FileReasons.of(known)
                                : unreadable.getMessage());
                return new TuningFile();
            }
        }
    }

    /** The caller holds the lock, unless the folder allows none. */
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

    /** The content of the database's own file, also through a link of the user. */
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
