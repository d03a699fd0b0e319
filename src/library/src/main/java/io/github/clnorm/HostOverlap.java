package io.github.clnorm;

import io.github.clnorm.internal.driver.HostAddresses;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.OptionalLong;

/** Finds memory that two buffers of a caller have in common. Thread-safe. */
final class HostOverlap {
    private HostOverlap() {}

    /** Whether the remaining elements overlap. Java does not show the array of a read-only heap buffer. */
    static boolean of(Buffer one, Buffer other) {
        if (one.isDirect() && other.isDirect()) {
            OptionalLong first = HostAddresses.of(one);
            OptionalLong second = HostAddresses.of(other);
            return first.isPresent()
                    && second.isPresent()
                    && overlap(
                            first.getAsLong() + (long) one.position() * elementBytes(one),
                            (long) one.remaining() * elementBytes(one),
                            second.getAsLong() + (long) other.position() * elementBytes(other),
                            (long) other.remaining() * elementBytes(other));
        }
        return one.hasArray()
                && other.hasArray()
                && one.array() == other.array()
                && overlap(
                        one.arrayOffset() + one.position(),
                        one.remaining(),
                        other.arrayOffset() + other.position(),
                        other.remaining());
    }

    private static boolean overlap(long from, long size, long otherFrom, long otherSize) {
        return from < otherFrom + otherSize && otherFrom < from + size;
    }

    private static int elementBytes(Buffer buffer) {
        if (buffer instanceof ByteBuffer) {
            return 1;
        }
        return buffer instanceof ShortBuffer
                ? Short.BYTES
                : buffer instanceof FloatBuffer ? Float.BYTES : buffer instanceof DoubleBuffer ? Double.BYTES : 0;
    }
}
