package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * Writes the elements of a tensor, piece by piece. The caller closes it after the last element and before
 * {@link TensorOutput#commit()}.
 *
 * <p>Not thread-safe.
 */
public final class Sink implements AutoCloseable {

    private final Specification target;
    private final WritableByteChannel channel;
    private final boolean closes;
    private long left;
    private boolean closed;
    private boolean failed;

    /**
     * Writes the header.
     *
     * @param closes whether {@link #close()} closes the channel; otherwise it belongs to the temporary file
     */
    Sink(Specification target, WritableByteChannel channel, boolean closes, byte[] header, long bytes)
            throws IOException {
        this.target = target;
        this.closes = closes;
        this.channel = channel;
        this.left = bytes;
        Transfer.write(channel, ByteBuffer.wrap(header));
    }

    /**
     * Writes the next bytes, which need not be whole elements.
     *
     * @param bytes little-endian elements, the last dimension fastest; the buffer's byte order is ignored
     * @throws IOException if they cannot be written; the message names the target
     * @throws IllegalStateException if the tensor has fewer bytes left, or the sink is closed
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
            throw WriteFailure.of(target, e);
        }
    }

    /**
     * Ends the tensor.
     *
     * @throws IOException if its last bytes cannot be written; the message names the target
     * @throws IllegalStateException if bytes are missing
     */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        abandon();
        // After a failure bytes are missing too, but write() has thrown already.
        if (left > 0 && !failed) {
            throw new IllegalStateException(target + ": is closed although " + left + " bytes are missing");
        }
    }

    /** Closes the channel if it is the sink's own, also if bytes are missing. */
    void abandon() throws IOException {
        closed = true;
        if (!closes) {
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            failed = true;
            throw WriteFailure.of(target, e);
        }
    }

    boolean isComplete() {
        return closed && left == 0 && !failed;
    }
}
