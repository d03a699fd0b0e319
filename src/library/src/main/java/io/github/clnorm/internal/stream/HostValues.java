package io.github.clnorm.internal.stream;

import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Values on the host, of which sections of a tensor take slices: parameters, and statistics of sets.
 *
 * <p>Thread-safe unless a slice is written.
 *
 * @param type of the values
 * @param bytes a direct buffer in native order
 */
public record HostValues(ElementType type, ByteBuffer bytes) {

    /**
     * Values that are not known yet.
     *
     * @param type of the values
     * @param count their number
     * @return zeros
     */
    public static HostValues of(ElementType type, long count) {
        return new HostValues(
                type,
                ByteBuffer.allocateDirect(Math.toIntExact(count * type.bytes())).order(ByteOrder.nativeOrder()));
    }

    /** Some of the values; null for null. */
    static ByteBuffer slice(HostValues values, long first, long count) {
        if (values == null) {
            return null;
        }
        int size = values.type.bytes();
        return values.bytes
                .slice(Math.toIntExact(first * size), Math.toIntExact(count * size))
                .order(ByteOrder.nativeOrder());
    }
}
