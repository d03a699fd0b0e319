package io.github.clnorm.internal.fleet;

import io.github.clnorm.internal.cache.CacheFolder;
import io.github.clnorm.internal.cache.OwnFile;
import io.github.clnorm.internal.cache.UntrustedException;
import io.github.clnorm.internal.files.FileReplacements;
import io.github.clnorm.internal.tune.DatabaseLock;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * Measured weights of fleets in a readable JSON file: {@code fleet.json} in the {@linkplain CacheFolder user's cache
 * folder}, beside {@code tuning.json}. Read once, on first use.
 *
 * <p>Several processes may store at the same time: each reads the file, adds its entry and replaces the file as a whole,
 * under a lock on {@code fleet.json.lock}. A damaged file is renamed to {@code fleet.json.damaged} with a warning in the
 * log. If the folder cannot be written or trusted, weights last as long as this object.
 *
 * <p>Thread-safe.
 */
public final class ShareStore {

    private static final String NAME = "fleet.json";
    private static final long LARGEST_FILE = 4L << 20;

    private final Path file;
    private SharesFile content;

    private ShareStore(Path file) {
        this.file = file;
    }

    /**
     * The user's file.
     *
     * @return the store; without a cache folder one that stores nothing
     */
    public static ShareStore ofUser() {
        return new ShareStore(
                CacheFolder.path().map(folder -> folder.resolve(NAME)).orElse(null));
    }

    /**
     * A store in another file.
     *
     * @param file need not exist
     * @return the store
     */
    public static ShareStore at(Path file) {
        return new ShareStore(file);
    }

    /**
     * Stored weights.
     *
     * @param key what they are for
     * @return the result of the last search; empty if there was none
     */
    public synchronized Optional<ShareSearch.Found> get(ShareKey key) {
        if (content == null) {
            content = read();
        }
        return Optional.ofNullable(content.get(key));
    }

    /**
     * Stores weights in place of older ones.
     *
     * @param key what they are for
     * @param found the result of a search
     */
    public synchronized void put(ShareKey key, ShareSearch.Found found) {
        get(key);
        content.put(key, found);
        if (file == null) {
            return;
        }
        try {
            CacheFolder.create(file.toAbsolutePath().getParent());
            DatabaseLock.locked(file, () -> {
                content.putMissing(parse(true));
                byte[] text = content.text();
                if (text.length <= LARGEST_FILE) {
                    FileReplacements.replace(file, text, true);
                }
                return text.length;
            });
        } catch (UntrustedException e) {
            CacheFolder.warn(e.getMessage());
        } catch (IOException e) {
            log("{0} cannot be written: {1}", CacheFolder.reason(e, file));
        }
    }

    private SharesFile read() {
        if (file == null || !Files.exists(file)) {
            return new SharesFile();
        }
        try {
            return parse(false);
        } catch (UntrustedException e) {
            CacheFolder.warn(e.getMessage());
        } catch (IOException e) {
            log("{0} cannot be read: {1}", CacheFolder.reason(e, file));
        }
        return new SharesFile();
    }

    /** The content of the file; a damaged one is empty, and set aside by the caller that holds the lock. */
    private SharesFile parse(boolean locked) throws IOException {
        try {
            CacheFolder.requireTrusted(file.toAbsolutePath().getParent());
            return SharesFile.parse(OwnFile.read(file, LARGEST_FILE));
        } catch (NoSuchFileException e) {
            return new SharesFile();
        } catch (IllegalArgumentException e) {
            if (locked) {
                Files.move(
                        file,
                        file.resolveSibling(file.getFileName() + ".damaged"),
                        StandardCopyOption.REPLACE_EXISTING);
                log("{0} is not used: {1}. It was renamed to " + file.getFileName() + ".damaged", e.getMessage());
            }
            return new SharesFile();
        }
    }

    private void log(String text, String reason) {
        // Made here, because a logger takes milliseconds of each start.
        System.getLogger(ShareStore.class.getName()).log(Level.WARNING, text, file, reason);
    }
}
