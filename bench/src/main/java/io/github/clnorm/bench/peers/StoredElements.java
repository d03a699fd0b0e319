package io.github.clnorm.bench.peers;

import io.github.clnorm.type.BrainFloat;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.HalfFloat;
import java.util.Arrays;

/** Conversions between Java's float32 and the 16-bit types. */
final class StoredElements {

    private StoredElements() {}

    /** The nearest values of a type. */
    static float[] rounded(float[] values, ElementType type) {
        return type == ElementType.FLOAT32 ? values : floats(bits(values, type), type);
    }

    /** The nearest values of a type. */
    static double[] rounded(double[] values, ElementType type) {
        return Arrays.stream(values)
                .map(value -> switch (type) {
                    case FLOAT16 -> HalfFloat.toFloat(HalfFloat.fromDouble(value));
                    case BFLOAT16 -> BrainFloat.toFloat(BrainFloat.fromDouble(value));
                    default -> (float) value;
                })
                .toArray();
    }

    /** The nearest values of a 16-bit type, as that type stores them. */
    static short[] bits(float[] values, ElementType type) {
        short[] bits = new short[values.length];
        for (int i = 0; i < values.length; i++) {
            bits[i] = type == ElementType.FLOAT16 ? HalfFloat.fromDouble(values[i]) : BrainFloat.fromDouble(values[i]);
        }
        return bits;
    }

    /** The values that a 16-bit type stores. */
    static float[] floats(short[] bits, ElementType type) {
        float[] values = new float[bits.length];
        for (int i = 0; i < bits.length; i++) {
            values[i] = type == ElementType.FLOAT16 ? HalfFloat.toFloat(bits[i]) : BrainFloat.toFloat(bits[i]);
        }
        return values;
    }

    /** Thrown by peers that are compared in float32 alone. */
    static void onlyFloat32(ElementType type) {
        if (type != ElementType.FLOAT32) {
            throw new UnsupportedOperationException("no " + type);
        }
    }
}
