package io.github.clnorm;

import io.github.clnorm.internal.stream.TensorSource;
import java.nio.Buffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Objects;

/**
 * A tensor that a fleet's pass reads.
 *
 * @param buffer host memory; null for a channel
 * @param channel the elements in native byte order; null for a buffer
 * @param name of the tensor, for messages
 */
record FleetSource(Buffer buffer, ReadableByteChannel channel, String name) {

    static FleetSource of(Buffer buffer, String name) {
        return new FleetSource(Objects.requireNonNull(buffer, name), null, name);
    }

    static FleetSource of(ReadableByteChannel channel, String name) {
        return new FleetSource(null, Objects.requireNonNull(channel, name), name);
    }

    /** Rejects a buffer that does not hold the tensor. */
    void check(FleetRequest request) {
        if (buffer != null) {
            FleetBuffers.source(request, buffer);
        }
    }

    /** The tensor where it is, if it can be read in any order; else null. */
    TensorSource inAnyOrder(FleetRequest request) {
        if (buffer != null) {
            return FleetBuffers.source(request, buffer).asSource();
        }
        return channel instanceof TensorSource own ? own : null;
    }
}
