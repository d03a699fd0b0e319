package io.github.clnorm.internal.cache;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/** Reads files that only this user or root can have written. Thread-safe. */
public final class OwnFile {
    private OwnFile() {}

    /**
     * Reads a file. Rejects links, pipes, devices and folders before opening them: opening a pipe would block, and a
     * device may have no end.
     *
     * @param file the file
     * @param most the largest size accepted, in bytes
     * @return its content
     * @throws java.nio.file.NoSuchFileException if it does not exist
     * @throws UntrustedException if another user could have written it
     * @throws IOException if it is not a regular file, is larger than {@code most}, or cannot be read
     */
    public static byte[] read(Path file, long most) throws IOException {
        // The folder's real path: a link in the path could change between the check and the use.
        Path real = file.toAbsolutePath().getParent().toRealPath().resolve(file.getFileName());
        requireRegular(real);
        Optional<String> problem = Ownership.HERE.ofFile(real);
        if (problem.isPresent()) {
            throw new UntrustedException(problem.get());
        }
        return bounded(real, most);
    }

    private static void requireRegular(Path file) throws IOException {
        if (!Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .isRegularFile()) {
            throw new FileSystemException(file.toString(), null, "is not a regular file");
        }
    }

    /**
     * Reads a file up to a limit, even if the file system reports a wrong size.
     *
     * @param file the file
     * @param most the largest size accepted, in bytes, below 2 GiB
     * @return its content
     * @throws IOException if it is a link, is larger than {@code most}, or cannot be read
     */
    public static byte[] bounded(Path file, long most) throws IOException {
        try (var channel = Files.newByteChannel(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
                InputStream in = Channels.newInputStream(channel)) {
            byte[] content = channel.size() > most ? null : in.readNBytes(Math.toIntExact(most));
            if (content == null || in.read() >= 0) {
                throw new FileSystemException(file.toString(), null, "is larger than " + most + " bytes");
            }
            return content;
        }
    }
}
