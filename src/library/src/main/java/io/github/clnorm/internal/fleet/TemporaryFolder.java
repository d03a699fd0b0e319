package io.github.clnorm.internal.fleet;

import io.github.clnorm.internal.cache.CacheFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** The folder of temporary files: {@code $TMPDIR} if it is a folder that can be written, else that of {@code java.io.tmpdir}. */
final class TemporaryFolder {

    private TemporaryFolder() {}

    /**
     * Creates an empty file.
     *
     * @param named the value of TMPDIR, or null
     * @param prefix of the file's name
     * @return the file
     * @throws IOException if it cannot be created, with the folder and what to do
     */
    static Path newFile(String named, String prefix) throws IOException {
        Path folder = isWritableFolder(named) ? Path.of(named) : Path.of(System.getProperty("java.io.tmpdir"));
        try {
            return Files.createTempFile(folder, prefix, null);
        } catch (IOException e) {
            throw new IOException(
                    "a temporary file cannot be created: " + CacheFolder.reason(e, folder)
                            + ". Set TMPDIR to a folder with room for the tensors",
                    e);
        }
    }

    private static boolean isWritableFolder(String named) {
        try {
            return named != null
                    && !named.isEmpty()
                    && Files.isDirectory(Path.of(named))
                    && Files.isWritable(Path.of(named));
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
