package io.github.clnorm.internal.exact;

/**
 * Many sums of integers, or of their squares, in 128 bits. The application keeps them within 127 bits: {@link FixedUnit}.
 *
 * <p>Not thread-safe.
 */
public final class FixedSums {

    private final long[] low;
    private final long[] high;

    /**
     * Sums of nothing: 0.
     *
     * @param count number of sums
     */
    public FixedSums(int count) {
        this.low = new long[count];
        this.high = new long[count];
    }

    /**
     * Adds an integer.
     *
     * @param sum its number
     * @param value any integer
     */
    public void add(int sum, long value) {
        add(sum, value, value >> 63);
    }

    /**
     * Adds the square of an integer.
     *
     * @param sum its number
     * @param value any integer
     */
    public void addSquare(int sum, long value) {
        add(sum, value * value, Math.multiplyHigh(value, value));
    }

    private void add(int sum, long lowPart, long highPart) {
        long total = low[sum] + lowPart;
        low[sum] = total;
        high[sum] += highPart + (Long.compareUnsigned(total, lowPart) < 0 ? 1 : 0);
    }

    /**
     * Adds all sums to exact ones, times a factor and a power of the unit.
     *
     * @param sums as many
     * @param factor 0 to {@link ExactSums#LARGEST_FACTOR}
     * @param unit of the integers
     * @param power 1 for sums of integers, 2 for sums of squares
     */
    public void addTo(ExactSums sums, long factor, FixedUnit unit, int power) {
        for (int sum = 0; sum < low.length; sum++) {
            boolean negative = high[sum] < 0;
            long lowPart = negative ? -low[sum] : low[sum];
            long highPart = negative ? ~high[sum] + (low[sum] == 0 ? 1 : 0) : high[sum];
            int exponent = power * unit.exponent();
            // Bits of 0 at the end would widen the window of the exact sums.
            if (lowPart == 0) {
                lowPart = highPart;
                highPart = 0;
                exponent += 64;
            }
            int zeros = Long.numberOfTrailingZeros(lowPart) & 63;
            lowPart = lowPart >>> zeros | highPart << 1 << (63 - zeros);
            sums.addProduct(sum, negative, factor, lowPart, highPart >>> zeros, exponent + zeros);
        }
    }
}
