package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Copies a stream to an unlinked temporary file, which the system frees when the channel is closed or the process
 * exits. The file is in {@code $TMPDIR}, or else in the folder of {@code java.io.tmpdir}.
 */
final class Spill {

    private final FileChannel channel;
    private final InputStream stream;
    private final Path folder;
    private final byte[] piece = new byte[Transfer.PIECE_BYTES];

    private Spill(InputStream stream, FileChannel channel, Path folder) {
        this.folder = folder;
        this.stream = stream;
        this.channel = channel;
    }

    /** Copies one .npy or .safetensors file. Rejects a stream with more bytes. */
    static FileChannel of(Specification file) throws IOException {
        try (InputStream stream = Streams.input(file)) {
            Path path = temporary();
            FileChannel channel = FileChannel.open(
                    path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
            boolean done = false;
            try {
                Spill spill = new Spill(stream, channel, path.getParent());
                // One more byte shows whether the stream is longer. An endless stream does not fill the disk.
                spill.copyUpTo(spill.end(file) + 1);
                done = true;
                return channel;
            } finally {
                if (!done) {
                    channel.close();
                }
            }
        }
    }

    private static Path temporary() throws IOException {
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

    /** Reads the header and returns the end of the data. */
    private long end(Specification file) throws IOException {
        boolean safetensors = file.isSafetensors();
        copyUpTo(safetensors ? SafetensorsHeader.LENGTH_BYTES : NpyHeader.START_BYTES);
        ByteBuffer start = ByteBuffer.allocate((int) channel.size());
        Transfer.readAvailable(channel, 0, start);
        start.flip();
        long headerEnd = safetensors
                ? SafetensorsHeader.end(file, start, Long.MAX_VALUE)
                : NpyHeader.end(file, start, Long.MAX_VALUE);
        copyUpTo(headerEnd);
        return safetensors
                ? SafetensorsHeader.readWithoutData(file, channel).dataEnd()
                : NpyHeader.header(file, channel).dataEnd(file);
    }

    private void copyUpTo(long end) throws IOException {
        for (long at = channel.size(); at < end; ) {
            int count = stream.read(piece, 0, (int) Math.min(piece.length, end - at));
            if (count < 0) {
                return;
            }
            try {
                Transfer.write(channel.position(at), ByteBuffer.wrap(piece, 0, count));
            } catch (IOException e) {
                // The input is not at fault.
                throw new UncheckedIOException(new IOException(
                        "input cannot be copied to a temporary file in " + folder + ": " + Text.reason(e)
                                + ". Set TMPDIR to a folder with more space",
                        e));
            }
            at += count;
        }
    }
}
