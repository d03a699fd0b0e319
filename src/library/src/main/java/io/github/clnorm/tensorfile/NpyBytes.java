package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** The bytes of a {@code .npy} file, which may be a part of another file. */
interface NpyBytes {

    /** The number of bytes. */
    long size() throws IOException;

    /** Fills a buffer, or stops at the end. */
    void readAvailable(long position, ByteBuffer target) throws IOException;

    /** What it is, for messages. */
    default String noun() {
        return "the file";
    }

    /** Fills a buffer. */
    default void read(long position, ByteBuffer target) throws IOException {
        readAvailable(position, target);
        if (target.hasRemaining()) {
            throw Transfer.shorter();
        }
    }

    /** A whole file. */
    static NpyBytes of(FileChannel channel) {
        return new NpyBytes() {
            @Override
            public long size() throws IOException {
                return channel.size();
            }

            @Override
            public void readAvailable(long position, ByteBuffer target) throws IOException {
                Transfer.readAvailable(channel, position, target);
            }
        };
    }

    /** A whole file, in memory. */
    static NpyBytes of(byte... content) {
        return new NpyBytes() {
            @Override
            public long size() {
                return content.length;
            }

            @Override
            public void readAvailable(long position, ByteBuffer target) {
                int from = (int) Math.min(position, content.length);
                target.put(content, from, Math.min(target.remaining(), content.length - from));
            }
        };
    }
}
