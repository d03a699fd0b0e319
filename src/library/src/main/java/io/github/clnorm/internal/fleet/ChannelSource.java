package io.github.clnorm.internal.fleet;

import io.github.clnorm.internal.stream.TensorSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/**
 * The elements that a channel has from its position on. Read in order; the channel is not closed, and nothing beyond the
 * tensor is read.
 *
 * <p>Not thread-safe.
 */
public final class ChannelSource implements TensorSource {

    private final ReadableByteChannel channel;
    private final int elementBytes;
    private long read;

    /**
     * A source.
     *
     * @param channel in blocking mode
     * @param elementBytes the size of an element
     */
    public ChannelSource(ReadableByteChannel channel, int elementBytes) {
        this.channel = channel;
        this.elementBytes = elementBytes;
    }

    @Override
    public void read(long element, ByteBuffer into) {
        if (element * elementBytes != read) {
            throw new IllegalStateException(
                    "a channel is read in order: expected element " + read / elementBytes + ", but got " + element);
        }
        try {
            while (into.hasRemaining()) {
                int count = channel.read(into);
                if (count < 0) {
                    throw new EndOfSource(read);
                }
                read += count;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
