package io.github.clnorm.internal.runtime;

import io.github.clnorm.type.ElementType;

/** Numbers of a caller as the device computes with them. Thread-safe. */
public final class Reals {

    private Reals() {}

    /**
     * A number in the range of the accumulator type. A positive one stays positive in float32: a constant set then gives 0, not
     * NaN, by a tiny eps.
     *
     * @param type of the tensor
     * @param name for the message
     * @param value the number
     * @return the number that the device gets
     * @throws IllegalArgumentException when it is beyond the range of float32, and the tensor is not float64
     */
    public static double of(ElementType type, String name, double value) {
        if (type == ElementType.FLOAT64) {
            return value;
        }
        float real = (float) value;
        if (Float.isInfinite(real)) {
            throw new IllegalArgumentException("Expected " + name + " in the range of float32, which " + type
                    + " is computed in, but got " + name + " = " + value);
        }
        return value > 0 ? Math.max(real, Float.MIN_NORMAL) : real;
    }
}
