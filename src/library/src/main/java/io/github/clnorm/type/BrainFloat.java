package io.github.clnorm.type;

/** bfloat16: the upper half of a binary32. Thread-safe. */
public final class BrainFloat {

    private BrainFloat() {}

    /**
     * The value of a bfloat16.
     *
     * @param bits its bits
     * @return the value, which a float holds exactly
     */
    public static float toFloat(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /**
     * The nearest bfloat16; of two equally near ones the even one.
     *
     * @param value any value
     * @return its bits
     */
    public static short fromDouble(double value) {
        if (Double.isNaN(value)) {
            return (short) 0x7fc0;
        }
        // The value is rounded to float first. Rounding that to odd keeps the second rounding right.
        float nearest = (float) value;
        int bits = Float.floatToRawIntBits(nearest);
        if (nearest != value && !Float.isInfinite(nearest)) {
            if (Math.abs(nearest) > Math.abs(value)) {
                bits--;
            }
            bits |= 1;
        } else if (Float.isInfinite(nearest)) {
            return (short) (bits >>> 16);
        }
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }
}
