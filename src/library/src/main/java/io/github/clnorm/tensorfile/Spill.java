package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Copies a stream to an unlinked {@linkplain Temporary temporary file}. */
final class Spill {

    private final Temporary copy;
    private final FileChannel channel;
    private final InputStream stream;
    private final byte[] piece = new byte[Transfer.PIECE_BYTES];

    private Spill(InputStream stream, Temporary copy) {
        this.stream = stream;
        this.copy = copy;
        this.channel = copy.channel();
    }

    /** Copies one .npy or .safetensors file. Rejects a stream with more bytes. */
    static FileChannel of(Specification file) throws IOException {
        try (InputStream stream = Streams.input(file)) {
            Temporary copy = Temporary.create();
            boolean done = false;
            try {
                Spill spill = new Spill(stream, copy);
                // One more byte shows whether the stream is longer. An endless stream does not fill the disk.
                spill.copyUpTo(spill.end(file) + 1);
                done = true;
                return copy.channel();
            } finally {
                if (!done) {
                    copy.channel().close();
                }
            }
        }
    }

    /** Reads the header and returns the end of the data. The directory of a .npz file is at its end. */
    private long end(Specification file) throws IOException {
        if (file.format() == Format.NPZ) {
            return endOfArchive(file);
        }
        boolean safetensors = file.format() == Format.SAFETENSORS;
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
                : NpyHeader.header(file, NpyBytes.of(channel)).dataEnd(file);
    }

    /** Rejects another stream, which may be endless, before it is copied. */
    private long endOfArchive(Specification file) throws IOException {
        copyUpTo(Integer.BYTES);
        ByteBuffer start = ZipFormat.buffer(Integer.BYTES);
        Transfer.readAvailable(channel, 0, start);
        if (start.hasRemaining() || start.getInt(0) != ZipFormat.LOCAL && start.getInt(0) != ZipFormat.END) {
            throw ZipDirectory.notAnArchive(file);
        }
        return Long.MAX_VALUE - 1;
    }

    private void copyUpTo(long end) throws IOException {
        for (long at = channel.size(); at < end; ) {
            int count = stream.read(piece, 0, (int) Math.min(piece.length, end - at));
            if (count < 0) {
                return;
            }
            copy.append(piece, count);
            at += count;
        }
    }
}
