package io.github.clnorm.tensorfile;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;

/** Moves bytes between files and memory completely. */
final class Transfer {

    /** Bytes per call. For a heap buffer the JDK caches a native buffer of this size. */
    static final int PIECE_BYTES = 1 << 20;

    private Transfer() {}

    /** Fills a buffer, or stops at the end of the file. */
    static void readAvailable(FileChannel channel, long position, ByteBuffer target) throws IOException {
        int end = target.limit();
        long at = position;
        while (target.position() < end) {
            target.limit(Math.min(end, target.position() + PIECE_BYTES));
            int count = channel.read(target, at);
            target.limit(end);
            if (count < 0) {
                return;
            }
            at += count;
        }
    }

    static void read(FileChannel channel, long position, ByteBuffer target) throws IOException {
        readAvailable(channel, position, target);
        if (target.hasRemaining()) {
            throw shorter();
        }
    }

    static void write(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
        int end = bytes.limit();
        try {
            while (bytes.position() < end) {
                bytes.limit(Math.min(end, bytes.position() + PIECE_BYTES));
                channel.write(bytes);
            }
        } finally {
            bytes.limit(end);
        }
    }

    static void copy(FileChannel from, long position, long count, FileChannel to) throws IOException {
        long end = position + count;
        for (long at = position; at < end; ) {
            long copied = from.transferTo(at, end - at, to);
            if (copied <= 0) {
                throw shorter();
            }
            at += copied;
        }
    }

    static IOException shorter() {
        return new EOFException("the file became shorter while it was read");
    }
}
