package io.github.clnorm.type;

import java.nio.ByteBuffer;

/**
 * Converts elements of any type between bytes and Java's numbers. Every conversion rounds once, to the nearest value.
 *
 * <p>Thread-safe.
 */
public final class Codec {
    private Codec() {}

    /**
     * Fills a buffer with elements.
     *
     * @param type of the elements
     * @param values the source
     * @param from index of the first value
     * @param target its remaining bytes are filled in its byte order; its position is not changed
     */
    public static void encode(ElementType type, float[] values, int from, ByteBuffer target) {
        int count = target.remaining() / type.bytes();
        int at = target.position();
        switch (type) {
            case FLOAT32 -> target.duplicate()
                    .order(target.order())
                    .asFloatBuffer()
                    .put(values, from, count);
            case FLOAT64 -> {
                for (int i = 0; i < count; i++) {
                    target.putDouble(at + 8 * i, values[from + i]);
                }
            }
            case FLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    target.putShort(at + 2 * i, HalfFloat.fromDouble(values[from + i]));
                }
            }
            case BFLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    target.putShort(at + 2 * i, BrainFloat.fromDouble(values[from + i]));
                }
            }
        }
    }

    /**
     * Fills a buffer with elements.
     *
     * @param type of the elements
     * @param values the source
     * @param from index of the first value
     * @param target its remaining bytes are filled in its byte order; its position is not changed
     */
    public static void encode(ElementType type, double[] values, int from, ByteBuffer target) {
        int count = target.remaining() / type.bytes();
        int at = target.position();
        for (int i = 0; i < count; i++) {
            double value = values[from + i];
            switch (type) {
                case FLOAT64 -> target.putDouble(at + 8 * i, value);
                case FLOAT32 -> target.putFloat(at + 4 * i, (float) value);
                case FLOAT16 -> target.putShort(at + 2 * i, HalfFloat.fromDouble(value));
                case BFLOAT16 -> target.putShort(at + 2 * i, BrainFloat.fromDouble(value));
            }
        }
    }

    /**
     * Reads elements from a buffer.
     *
     * @param type of the elements
     * @param source its remaining bytes are read in its byte order; its position is not changed
     * @param values the target; float64 is rounded
     * @param from index of the first value
     */
    public static void decode(ElementType type, ByteBuffer source, float[] values, int from) {
        int count = source.remaining() / type.bytes();
        int at = source.position();
        switch (type) {
            case FLOAT32 -> source.duplicate()
                    .order(source.order())
                    .asFloatBuffer()
                    .get(values, from, count);
            case FLOAT64 -> {
                for (int i = 0; i < count; i++) {
                    values[from + i] = (float) source.getDouble(at + 8 * i);
                }
            }
            case FLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    values[from + i] = HalfFloat.toFloat(source.getShort(at + 2 * i));
                }
            }
            case BFLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    values[from + i] = BrainFloat.toFloat(source.getShort(at + 2 * i));
                }
            }
        }
    }

    /**
     * Reads elements from a buffer.
     *
     * @param type of the elements
     * @param source its remaining bytes are read in its byte order; its position is not changed
     * @param values the target
     * @param from index of the first value
     */
    public static void decode(ElementType type, ByteBuffer source, double[] values, int from) {
        int count = source.remaining() / type.bytes();
        int at = source.position();
        for (int i = 0; i < count; i++) {
            values[from + i] = switch (type) {
                case FLOAT64 -> source.getDouble(at + 8 * i);
                case FLOAT32 -> source.getFloat(at + 4 * i);
                case FLOAT16 -> HalfFloat.toFloat(source.getShort(at + 2 * i));
                case BFLOAT16 -> BrainFloat.toFloat(source.getShort(at + 2 * i));
            };
        }
    }
}
