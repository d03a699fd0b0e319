package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * An unlinked temporary file, which the system frees when the channel is closed or the process exits. The file is in {@code
 * $TMPDIR}, or else in the folder of {@code java.io.tmpdir}.
 *
 * @param channel to append and read
 * @param folder its folder, for messages
 */
record Temporary(FileChannel channel, Path folder) {

    static Temporary create() throws IOException {
        Path folder = temporaryFolder();
        try {
            Path path = Files.createTempFile(folder, "clnorm-", ".input");
            FileChannel channel = FileChannel.open(
                    path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
            return new Temporary(channel, folder);
        } catch (IOException e) {
            throw failure(folder, e, "a folder that can be written");
        }
    }

    /** What is not a folder that can be written counts as not set. */
    private static Path temporaryFolder() {
        String named = System.getenv("TMPDIR");
        try {
            if (named != null && !named.isEmpty()) {
                Path folder = Path.of(named);
                if (Files.isDirectory(folder) && Files.isWritable(folder)) {
                    return folder;
                }
            }
        } catch (InvalidPathException e) {
            return Path.of(System.getProperty("java.io.tmpdir"));
        }
        return Path.of(System.getProperty("java.io.tmpdir"));
    }

    /** The input is not at fault. */
    private static UncheckedIOException failure(Path folder, IOException cause, String remedy) {
        return new UncheckedIOException(new IOException(
                "input cannot be copied to a temporary file in " + folder + ": " + Text.reason(cause)
                        + ". Set TMPDIR to " + remedy,
                cause));
    }

    void append(byte[] bytes, int count) throws IOException {
        try {
            Transfer.write(channel.position(channel.size()), ByteBuffer.wrap(bytes, 0, count));
        } catch (IOException e) {
            throw failure(folder, e, "a folder with more space");
        }
    }
}
