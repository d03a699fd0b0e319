package io.github.clnorm.internal.driver;

import io.github.clnorm.internal.cache.CacheFolder;
import io.github.clnorm.internal.cache.OwnFile;
import io.github.clnorm.internal.cache.PrivateFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.zip.CRC32;

/**
 * A folder with a native library that only this user can write to: by default {@code native/LIBRARY-HASH} in the
 * {@linkplain CacheFolder cache folder}. An existing file is used if it has exactly the wanted content and only this
 * user or root can have written it. Otherwise a rename replaces it, so that a process that has mapped the old file
 * keeps it, and a starting process finds a complete file.
 *
 * <p>The library is in a {@link PrivateFolder}, which {@link #close()} deletes, if the cache folder cannot be used or
 * does not permit execution, or if another class loader of this process has loaded the cached file.
 */
final class NativeFolder implements AutoCloseable {

    private static final String FOLDER = "native";
    private static final String PART = ".part";
    private static final long PART_MILLISECONDS = 3_600_000;
    // Prefix of the system properties that record loaded files for all class loaders.
    private static final String LOADED = "clnorm.loaded.";

    private final Path path;
    // Null for a folder in the cache, which stays.
    private final PrivateFolder temporary;

    private NativeFolder(Path path, PrivateFolder temporary) {
        this.path = path;
        this.temporary = temporary;
    }

    /** Creates a folder without the library. */
    static NativeFolder empty() throws IOException {
        PrivateFolder folder = PrivateFolder.create();
        return new NativeFolder(folder.path(), folder);
    }

    /**
     * Creates or finds a folder with the library.
     *
     * @param file the library's name
     * @param content its content
     * @throws IOException if no folder can be used, with the reason for each
     */
    static NativeFolder with(String file, byte[] content) throws IOException {
        List<String> reasons = new ArrayList<>();
        Optional<Path> cache = CacheFolder.usable();
        if (cache.isPresent()) {
            try {
                Path cached = cached(cache.get(), file, content);
                if (System.getProperties().putIfAbsent(LOADED + cached, "true") == null) {
                    return new NativeFolder(cached.getParent(), null);
                }
                return temporary(PrivateFolder.create(), file, content);
            } catch (IOException e) {
                reasons.add(CacheFolder.reason(e, cache.get()));
            }
        } else {
            reasons.add(CacheFolder.problem().orElse("neither CLNORM_CACHE nor a home is set"));
        }
        try {
            return temporary(PrivateFolder.inTemporaryFolder(), file, content);
        } catch (IOException e) {
            reasons.add(e.getMessage());
            throw new IOException(String.join("; ", reasons), e);
        }
    }

    private static NativeFolder temporary(PrivateFolder folder, String file, byte[] content) throws IOException {
        try {
            write(folder.path().resolve(file), content);
            return new NativeFolder(folder.path(), folder);
        } catch (IOException e) {
            folder.close();
            throw e;
        }
    }

    /** Returns the library in the cache folder, and writes it if it is missing or different. */
    static Path cached(Path cache, String file, byte[] content) throws IOException {
        CRC32 hash = new CRC32();
        hash.update(content);
        String name = file.substring(0, file.lastIndexOf('.')) + "-" + Long.toHexString(hash.getValue());
        // The real path: a link in the path could change between the check and the use.
        Path folder = CacheFolder.create(cache.resolve(FOLDER).resolve(name)).toRealPath();
        Path path = folder.resolve(file);
        if (!isWhole(path, content)) {
            sweep(folder);
            Path part = folder.resolve(UUID.randomUUID() + PART);
            try {
                write(part, content);
                Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
            }
        }
        return path;
    }

    private static boolean isWhole(Path path, byte[] content) {
        try {
            return Arrays.equals(OwnFile.read(path, content.length), content) && Files.isExecutable(path);
        } catch (IOException e) {
            return false;
        }
    }

    /** Writes a new file that only its owner can use. On a file system mounted with noexec, no file is executable. */
    private static void write(Path path, byte[] content) throws IOException {
        FileAttribute<?>[] attributes =
                path.getFileSystem().supportedFileAttributeViews().contains("posix")
                        ? new FileAttribute<?>[] {
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
                        }
                        : new FileAttribute<?>[0];
        try (WritableByteChannel channel = Files.newByteChannel(
                path, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
        if (!Files.isExecutable(path)) {
            throw new IOException(path.getParent() + ": no code can be executed from there (mounted with noexec?)");
        }
    }

    /** Deletes files of killed processes. */
    private static void sweep(Path folder) throws IOException {
        long now = System.currentTimeMillis();
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, "*" + PART)) {
            for (Path part : parts) {
                if (now - Files.getLastModifiedTime(part).toMillis() > PART_MILLISECONDS) {
                    Files.deleteIfExists(part);
                }
            }
        }
    }

    /** Its path. */
    Path path() {
        return path;
    }

    /** Deletes a folder outside the cache. On Unix a loaded library does not need its file any more. */
    @Override
    public void close() {
        if (temporary != null) {
            temporary.close();
        }
    }
}
