package io.github.clnorm.internal.exact;

/**
 * A power of two of which most values of a batch are integer multiples: their sums and sums of squares then fit 128 bits,
 * which is many times as fast as {@link ExactSums}. Immutable and thread-safe.
 */
public final class FixedUnit {

    /** What {@link #multiple} returns for a value that is no multiple, or too large. */
    public static final long NONE = Long.MIN_VALUE;

    // Signed sums of 128 bits, with a bit to spare.
    private static final int SUM_BITS = 126;
    // Powers of two and their inverses are normal numbers.
    private static final int LARGEST_EXPONENT = 900;

    private final int exponent;
    private final double unit;
    private final double inverse;

    private FixedUnit(int exponent) {
        this.exponent = exponent;
        this.unit = Math.scalb(1.0, exponent);
        this.inverse = Math.scalb(1.0, -exponent);
    }

    /**
     * The smallest unit for which a sum of squares fits 128 bits.
     *
     * @param range of the bits of all values
     * @param terms of a sum
     * @return the unit; null if the values are extremely large or small, or all 0
     */
    public static FixedUnit of(BitRange range, long terms) {
        if (range.isEmpty() || Math.abs(range.highest()) > LARGEST_EXPONENT) {
            return null;
        }
        // A value is at most 2^(highest + 1), and as a multiple at most 2^bits.
        int bits = (SUM_BITS - BitRange.bits(terms)) / 2;
        return new FixedUnit(range.highest() + 1 - bits);
    }

    /**
     * A value in units.
     *
     * @param value any value; at most 2<sup>highest + 1</sup> of the range
     * @return the integer, or {@link #NONE}
     */
    public long multiple(double value) {
        long units = (long) (value * inverse);
        return units * unit == value ? units : NONE;
    }

    int exponent() {
        return exponent;
    }
}
