package io.github.clnorm.internal.exact;

import java.math.BigInteger;

/** Rounds quotients of long integers, once. Thread-safe. */
public final class Fraction {

    // Enough for the 64 bits that are rounded, whatever the first digits of both numbers are.
    private static final int BITS = 66;

    private Fraction() {}

    /**
     * The double that is nearest to numerator / denominator · 2<sup>exponent</sup>, ties to even.
     *
     * @param numerator of any sign
     * @param denominator positive
     * @param exponent of the factor
     * @return the rounded value; infinite if it is too large
     */
    public static double toDouble(BigInteger numerator, BigInteger denominator, long exponent) {
        if (numerator.signum() == 0) {
            return 0;
        }
        BigInteger magnitude = numerator.abs();
        int shift = BITS - (magnitude.bitLength() - denominator.bitLength());
        BigInteger[] parts = shift >= 0
                ? magnitude.shiftLeft(shift).divideAndRemainder(denominator)
                : magnitude.divideAndRemainder(denominator.shiftLeft(-shift));
        int after = parts[0].bitLength() - 64;
        boolean more = parts[1].signum() != 0 || parts[0].getLowestSetBit() < after;
        long leading = parts[0].shiftRight(after).longValue();
        return NearestEven.toDouble(numerator.signum() < 0, leading, more, exponent - shift + after);
    }
}
