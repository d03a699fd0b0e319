package io.github.clnorm.type;

/** IEEE 754 binary16. (JDK 20 has Float.float16ToFloat; the library's target is 17.) Thread-safe. */
public final class HalfFloat {

    private static final double LEAST_NORMAL = 0x1p-14;
    // Halfway between the largest half and the next power of two: rounds to even, which is infinity.
    private static final double FIRST_INFINITE = 65_520;

    private HalfFloat() {}

    /**
     * The value of a half.
     *
     * @param half its bits
     * @return the value, which a float holds exactly
     */
    public static float toFloat(short half) {
        int sign = (half & 0x8000) << 16;
        int exponent = half >> 10 & 0x1f;
        int fraction = half & 0x3ff;
        if (exponent == 0x1f) {
            return Float.intBitsToFloat(sign | 0x7f800000 | fraction << 13);
        }
        if (exponent == 0) {
            float magnitude = fraction * 0x1p-24f;
            return sign == 0 ? magnitude : -magnitude;
        }
        return Float.intBitsToFloat(sign | exponent - 15 + 127 << 23 | fraction << 13);
    }

    /**
     * The nearest half; of two equally near ones the even one.
     *
     * @param value any value
     * @return the half's bits
     */
    public static short fromDouble(double value) {
        int sign = (int) (Double.doubleToRawLongBits(value) >>> 48) & 0x8000;
        double magnitude = Math.abs(value);
        if (Double.isNaN(value)) {
            return (short) (sign | 0x7e00);
        }
        if (magnitude >= FIRST_INFINITE) {
            return (short) (sign | 0x7c00);
        }
        if (magnitude < LEAST_NORMAL) {
            return (short) (sign | (int) Math.rint(magnitude * 0x1p24));
        }
        int exponent = Math.getExponent(magnitude);
        // 1024 to 2048. A carry goes into the exponent.
        int significand = (int) Math.rint(Math.scalb(magnitude, 10 - exponent));
        return (short) (sign | (exponent + 14 << 10) + significand);
    }
}
