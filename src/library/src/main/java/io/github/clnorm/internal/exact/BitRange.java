package io.github.clnorm.internal.exact;

/** The exponents of the bits of many values: what {@link ExactSums#reserve} needs. Not thread-safe. */
public final class BitRange {

    private static final int SIGNIFICAND_BITS = 52;

    private int lowest = Integer.MAX_VALUE;
    private int highest = Integer.MIN_VALUE;

    /** No values. */
    public BitRange() {}

    /**
     * The bits of a factor or a number of terms: what it adds to the first bit.
     *
     * @param value 0 or more
     * @return the number of bits
     */
    public static int bits(long value) {
        return 64 - Long.numberOfLeadingZeros(value);
    }

    /**
     * Includes a value. Zeros, infinities and NaN have no bits.
     *
     * @param value any value
     */
    public void include(double value) {
        long bits = Double.doubleToRawLongBits(value) & Long.MAX_VALUE;
        int field = (int) (bits >>> SIGNIFICAND_BITS);
        if (bits == 0 || field == 0x7ff) {
            return;
        }
        int first = Math.max(field, 1) - 1 + Double.MIN_EXPONENT;
        // The hidden bit ends the search for a 1 in the fraction.
        int last = first - SIGNIFICAND_BITS + Math.min(SIGNIFICAND_BITS, Long.numberOfTrailingZeros(bits));
        lowest = Math.min(lowest, last);
        highest = Math.max(highest, first);
    }

    /**
     * Whether no value has a bit.
     *
     * @return true if all values are 0 or not finite
     */
    public boolean isEmpty() {
        return lowest > highest;
    }

    /**
     * The last bit of all values.
     *
     * @return the smallest exponent
     */
    public int lowest() {
        return lowest;
    }

    /**
     * The first bit of all values.
     *
     * @return the largest exponent
     */
    public int highest() {
        return highest;
    }
}
