package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * Takes the elements of a tensor that is being written, piece by piece. To be closed after the last one, and before
 * {@link TensorOutput#commit()}.
 *
 * <p>Not thread-safe.
 */
public final class Sink implements AutoCloseable {

    private final Specification target;
    private final WritableByteChannel channel;
    private final boolean isStream;
    private long left;
    private boolean closed;
    private boolean failed;

    /**
     * Writes the header.
     *
     * @param isStream whether the channel is closed with the sink; otherwise it belongs to the temporary file
     */
    Sink(Specification target, WritableByteChannel channel, boolean isStream, byte[] header, long bytes)
            throws IOException {
        this.target = target;
        this.isStream = isStream;
        this.channel = channel;
        this.left = bytes;
        Transfer.write(channel, ByteBuffer.wrap(header));
    }

    /**
     * Writes the next elements, or parts of them.
     *
     * @param bytes little-endian, the last dimension fastest; the remaining bytes are written, whatever the byte order
     * @throws IOException when they cannot be written; the message names the target
     * @throws IllegalStateException when these are more bytes than the tensor has left, or the sink is closed
     */
    public void write(ByteBuffer bytes) throws IOException {
        if (closed) {
            throw new IllegalStateException(target + ": is closed");
        }
        if (bytes.remaining() > left) {
            throw new IllegalStateException(target + ": " + bytes.remaining() + " bytes are more than the " + left
                    + " that the tensor has left");
        }
        left -= bytes.remaining();
        try {
            Transfer.write(channel, bytes);
        } catch (IOException e) {
            failed = true;
            throw TensorOutput.failure(target, e);
        }
    }

    /**
     * Ends the tensor.
     *
     * @throws IOException when its last bytes cannot be written; the message names the target
     * @throws IllegalStateException when bytes are missing
     */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        abandon();
        // After a failure bytes are missing too, but that has been said.
        if (left > 0 && !failed) {
            throw new IllegalStateException(target + ": is closed although " + left + " bytes are missing");
        }
    }

    /** Closes a stream, however much was written. */
    void abandon() throws IOException {
        closed = true;
        if (!isStream) {
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            failed = true;
            throw TensorOutput.failure(target, e);
        }
    }

    boolean isComplete() {
        return closed && left == 0 && !failed;
    }
}
