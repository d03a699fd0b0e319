package io.github.clnorm.internal.fleet;

import io.github.clnorm.internal.stream.TensorTarget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * Appends elements to a channel. Written in order; the channel is not closed.
 *
 * <p>Not thread-safe.
 */
public final class ChannelTarget implements TensorTarget {

    private final WritableByteChannel channel;
    private final int elementBytes;
    private long written;

    /**
     * A target.
     *
     * @param channel in blocking mode
     * @param elementBytes the size of an element
     */
    public ChannelTarget(WritableByteChannel channel, int elementBytes) {
        this.channel = channel;
        this.elementBytes = elementBytes;
    }

    @Override
    public void write(long element, ByteBuffer from) {
        if (element * elementBytes != written) {
            throw new IllegalStateException("a channel is written in order: expected element " + written / elementBytes
                    + ", but got " + element);
        }
        written += from.remaining();
        try {
            while (from.hasRemaining()) {
                channel.write(from);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
