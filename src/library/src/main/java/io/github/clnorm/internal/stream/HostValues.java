package io.github.clnorm.internal.stream;

import io.github.clnorm.type.Codec;
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

    /**
     * Known values.
     *
     * @param type what they are rounded to
     * @param values the values, or null
     * @return a copy; null for null
     */
    public static HostValues of(ElementType type, double[] values) {
        if (values == null) {
            return null;
        }
        HostValues host = of(type, values.length);
        Codec.encode(type, values, 0, host.all());
        return host;
    }

    /**
     * The values.
     *
     * @param values the values, or null
     * @return a copy; null for null
     */
    public static double[] doubles(HostValues values) {
        if (values == null) {
            return null;
        }
        double[] all = new double[values.bytes.capacity() / values.type.bytes()];
        Codec.decode(values.type, values.all(), all, 0);
        return all;
    }

    private ByteBuffer all() {
        return bytes.duplicate().order(ByteOrder.nativeOrder());
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
