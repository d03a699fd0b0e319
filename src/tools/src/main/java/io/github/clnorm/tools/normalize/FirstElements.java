package io.github.clnorm.tools.normalize;

import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Keeps the first elements of a tensor that passes by, in whole elements. Used by one thread at a time, or by several for
 * elements of their own.
 */
final class FirstElements {

    private final ElementType type;
    private final double[] values;
    private int count;

    FirstElements(ElementType type, int most) {
        this.type = type;
        this.values = new double[most];
    }

    /** Takes the remaining elements of a buffer, as far as they are wanted; its position does not change. */
    void add(ByteBuffer elements) {
        int some = Math.min(values.length - count, elements.remaining() / type.bytes());
        if (some > 0) {
            ByteBuffer part = elements.duplicate().order(elements.order());
            part.limit(part.position() + some * type.bytes());
            Codec.decode(type, part, values, count);
            count += some;
        }
    }

    /** Takes the remaining elements of a buffer, the first of which has this index; its position does not change. */
    void put(long element, ByteBuffer elements) {
        if (element < values.length) {
            int some = (int) Math.min(values.length - element, elements.remaining() / type.bytes());
            ByteBuffer part = elements.duplicate().order(elements.order());
            part.limit(part.position() + some * type.bytes());
            Codec.decode(type, part, values, (int) element);
        }
    }

    /** The sums with others. */
    FirstElements plus(FirstElements others) {
        FirstElements sums = new FirstElements(type, values.length);
        Arrays.setAll(sums.values, i -> values[i] + others.values[i]);
        return sums;
    }

    /** The values; null if none are wanted. */
    double[] values() {
        return values.length == 0 ? null : values;
    }
}
