package io.github.clnorm.internal.exact;

/**
 * Rounds a binary number of any length to the nearest floating-point value, ties to even. Too large values become
 * infinite.
 */
final class NearestEven {

    private NearestEven() {}

    /**
     * As a double.
     *
     * @param negative the sign
     * @param leading the first 64 bits of the magnitude, unsigned; the first of them is 1
     * @param more whether a bit after these is 1
     * @param exponent of the last of the 64 bits
     */
    static double toDouble(boolean negative, long leading, boolean more, long exponent) {
        long bits = bits(leading, more, exponent, Double.MIN_EXPONENT, Double.MAX_EXPONENT, 53);
        return Double.longBitsToDouble(negative ? bits | Long.MIN_VALUE : bits);
    }

    /**
     * As a float.
     *
     * @param negative the sign
     * @param leading the first 64 bits of the magnitude, unsigned; the first of them is 1
     * @param more whether a bit after these is 1
     * @param exponent of the last of the 64 bits
     */
    static float toFloat(boolean negative, long leading, boolean more, long exponent) {
        int bits = (int) bits(leading, more, exponent, Float.MIN_EXPONENT, Float.MAX_EXPONENT, 24);
        return Float.intBitsToFloat(negative ? bits | Integer.MIN_VALUE : bits);
    }

    /** The bits of a positive value in a format with a hidden bit. */
    private static long bits(long leading, boolean more, long exponent, int smallest, int largest, int precision) {
        long first = exponent + 63;
        if (first > largest) {
            return (largest - smallest + 2L) << (precision - 1);
        }
        long kept = first >= smallest ? precision : precision - (smallest - first);
        if (kept < 0) {
            return 0;
        }
        int dropped = (int) (64 - kept);
        long significand = dropped == 64 ? 0 : leading >>> dropped;
        long rest = leading << kept;
        boolean half = rest < 0;
        boolean above = rest << 1 != 0 || more;
        if (half && (above || (significand & 1) != 0)) {
            significand++;
        }
        // The hidden bit of a normal number adds 1 to the exponent's field, and so does a carry out of the significand.
        long field = first >= smallest ? first - smallest : 0;
        return (field << (precision - 1)) + significand;
    }
}
