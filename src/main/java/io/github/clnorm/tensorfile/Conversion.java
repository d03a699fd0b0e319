package io.github.clnorm.tensorfile;

import io.github.clnorm.type.BrainFloat;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.HalfFloat;
import java.nio.ByteBuffer;

/** Stored elements from and to Java's floats and doubles, rounded to the nearest. Buffers are little-endian. */
final class Conversion {

    private Conversion() {}

    /** All elements of a buffer, to values from an index on. */
    static void toFloats(ElementType type, ByteBuffer from, float[] values, int at) {
        int count = from.remaining() / type.bytes();
        switch (type) {
            case FLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    values[at + i] = HalfFloat.toFloat(from.getShort(2 * i));
                }
            }
            case BFLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    values[at + i] = BrainFloat.toFloat(from.getShort(2 * i));
                }
            }
            case FLOAT32 -> from.asFloatBuffer().get(values, at, count);
            case FLOAT64 -> {
                for (int i = 0; i < count; i++) {
                    values[at + i] = (float) from.getDouble(8 * i);
                }
            }
        }
    }

    /** The same to doubles, which hold every type exactly. */
    static void toDoubles(ElementType type, ByteBuffer from, double[] values, int at) {
        int count = from.remaining() / type.bytes();
        switch (type) {
            case FLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    values[at + i] = HalfFloat.toFloat(from.getShort(2 * i));
                }
            }
            case BFLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    values[at + i] = BrainFloat.toFloat(from.getShort(2 * i));
                }
            }
            case FLOAT32 -> {
                for (int i = 0; i < count; i++) {
                    values[at + i] = from.getFloat(4 * i);
                }
            }
            case FLOAT64 -> from.asDoubleBuffer().get(values, at, count);
        }
    }

    /** Values from an index on, until the buffer is full. */
    static void fromFloats(ElementType type, float[] values, int at, ByteBuffer to) {
        int count = to.remaining() / type.bytes();
        switch (type) {
            case FLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    to.putShort(2 * i, HalfFloat.fromDouble(values[at + i]));
                }
            }
            case BFLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    to.putShort(2 * i, BrainFloat.fromDouble(values[at + i]));
                }
            }
            case FLOAT32 -> to.asFloatBuffer().put(values, at, count);
            case FLOAT64 -> {
                for (int i = 0; i < count; i++) {
                    to.putDouble(8 * i, values[at + i]);
                }
            }
        }
    }

    /** The same from doubles. */
    static void fromDoubles(ElementType type, double[] values, int at, ByteBuffer to) {
        int count = to.remaining() / type.bytes();
        switch (type) {
            case FLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    to.putShort(2 * i, HalfFloat.fromDouble(values[at + i]));
                }
            }
            case BFLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    to.putShort(2 * i, BrainFloat.fromDouble(values[at + i]));
                }
            }
            case FLOAT32 -> {
                for (int i = 0; i < count; i++) {
                    to.putFloat(4 * i, (float) values[at + i]);
                }
            }
            case FLOAT64 -> to.asDoubleBuffer().put(values, at, count);
        }
    }
}
