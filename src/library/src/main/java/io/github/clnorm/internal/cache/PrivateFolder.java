package io.github.clnorm.internal.cache;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A new folder that no other user can enter, for native libraries whose files are needed only while they are loaded. It
 * is in the user's cache folder, or if that cannot be used in the system's temporary folder ({@code java.io.tmpdir}).
 * {@link #close()} deletes it with its files.
 *
 * <p>One step creates the folder with a new name and for its owner only. A temporary folder in which other users could
 * replace it is not used.
 *
 * <p>Thread-safe.
 */
public final class PrivateFolder implements AutoCloseable {

    private static final String PREFIX = "clnorm-";
    private static final String IN_CACHE = "tmp";
    private static final long ABANDONED_MILLISECONDS = 3_600_000;

    private final Path path;

    private PrivateFolder(Path path) {
        this.path = path;
    }

    /**
     * Creates a folder in the cache, or else in the temporary folder.
     *
     * @return the folder; the caller closes it
     * @throws IOException if neither can be used, with both reasons
     */
    public static PrivateFolder create() throws IOException {
        List<String> reasons = new ArrayList<>();
        Optional<Path> cache = CacheFolder.usable();
        if (cache.isPresent()) {
            try {
                Path parent = CacheFolder.create(cache.get().resolve(IN_CACHE)).toRealPath();
                sweep(parent);
                PrivateFolder made = new PrivateFolder(Files.createTempDirectory(parent, PREFIX));
                if (made.permitsExecution()) {
                    return made;
                }
                made.close();
                reasons.add(parent + ": no code can be executed from there (mounted with noexec?)");
            } catch (IOException e) {
                reasons.add(Reason.of(e, cache.get()));
            }
        }
        try {
            return inTemporaryFolder();
        } catch (IOException e) {
            reasons.add(e.getMessage());
        }
        throw new IOException(String.join("; ", reasons));
    }

    /** Deletes folders of killed processes. */
    private static void sweep(Path parent) throws IOException {
        long now = System.currentTimeMillis();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path folder : folders) {
                if (now - Files.getLastModifiedTime(folder).toMillis() > ABANDONED_MILLISECONDS) {
                    new PrivateFolder(folder).close();
                }
            }
        } catch (NoSuchFileException e) {
            // Another process has just deleted its folder.
        }
    }

    /**
     * Creates a folder in the system's temporary folder.
     *
     * @return the folder; the caller closes it
     * @throws IOException if that cannot be written, or other users could replace the new folder
     */
    public static PrivateFolder inTemporaryFolder() throws IOException {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();
        try {
            temporary = temporary.toRealPath();
            Optional<String> problem = Ownership.HERE.ofParent(temporary);
            if (problem.isPresent()) {
                throw new UntrustedException(problem.get());
            }
            return new PrivateFolder(Files.createTempDirectory(temporary, PREFIX));
        } catch (UntrustedException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException(Reason.of(e, temporary), e);
        }
    }

    /** Whether code can be loaded from it: on a file system mounted with noexec, no file is executable. */
    private boolean permitsExecution() throws IOException {
        Path probe = Files.createFile(path.resolve("probe"));
        boolean permits = probe.toFile().setExecutable(true, true) && Files.isExecutable(probe);
        Files.delete(probe);
        return permits;
    }

    /**
     * Returns its path.
     *
     * @return an absolute path
     */
    public Path path() {
        return path;
    }

    /** Deletes the folder. Files that cannot be deleted, such as a library in use on Windows, stay. */
    @Override
    public void close() {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
            for (Path file : files) {
                if (!Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
                    Files.deleteIfExists(file);
                }
            }
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // It stays.
        }
    }
}
