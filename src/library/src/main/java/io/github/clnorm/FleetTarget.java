package io.github.clnorm;

import java.nio.Buffer;
import java.nio.channels.WritableByteChannel;
import java.util.Objects;

/**
 * A tensor that a fleet's pass writes.
 *
 * @param buffer host memory; null for a channel
 * @param channel gets the elements in native byte order; null for a buffer
 */
record FleetTarget(Buffer buffer, WritableByteChannel channel) {

    static FleetTarget of(Buffer buffer, String name) {
        return new FleetTarget(Objects.requireNonNull(buffer, name), null);
    }

    static FleetTarget of(WritableByteChannel channel, String name) {
        return new FleetTarget(null, Objects.requireNonNull(channel, name));
    }

    /** Rejects a buffer that cannot take the tensor. */
    void check(FleetRequest request) {
        if (buffer != null) {
            FleetBuffers.target(request, buffer);
        }
    }
}
