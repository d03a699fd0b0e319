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
        Path path = path();
        FileChannel channel = FileChannel.open(
                path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        return new Temporary(channel, path.getParent());
    }

    private static Path path() throws IOException {
        String named = System.getenv("TMPDIR");
        try {
            if (named != null && !named.isEmpty() && Files.isWritable(Path.of(named))) {
                return Files.createTempFile(Path.of(named), "clnorm-", ".input");
            }
        } catch (InvalidPathException e) {
            // An invalid name counts as not set.
            return Files.createTempFile("clnorm-", ".input");
        }
        return Files.createTempFile("clnorm-", ".input");
    }

    void append(byte[] bytes, int count) throws IOException {
        try {
            Transfer.write(channel.position(channel.size()), ByteBuffer.wrap(bytes, 0, count));
        } catch (IOException e) {
            // The input is not at fault.
            throw new UncheckedIOException(new IOException(
                    "input cannot be copied to a temporary file in " + folder + ": " + Text.reason(e)
                            + ". Set TMPDIR to a folder with more space",
                    e));
        }
    }
}
