package io.github.clnorm.internal.exact;

import java.math.BigInteger;

/**
 * Many sums of floating-point numbers and of their products, without rounding. The result does not depend on the order
 * of the terms.
 *
 * <p>A sum is a fixed-point number in two's complement, of `width` limbs of 64 bits. The limbs of all sums lie in one
 * array, and have the same weights, from 2<sup>64 · base</sup> on. This window grows to hold the lowest and the highest
 * bit of each term. Fixed limbs for all products of two doubles would take 552 bytes a sum, and most of them would be
 * 0: means and squares of float32 values near 1 take 2 to 4 limbs. A window for each sum would save more only if
 * channels differ in magnitude by more than 2<sup>64</sup>, and would make merging slower.
 *
 * <p>Infinities and NaN give the result that a sum in IEEE arithmetic has. A sum of 0 is +0.
 *
 * <p>Not thread-safe, unless no thread modifies it.
 */
public final class ExactSums {

    /** The largest factor of a product. */
    public static final long LARGEST_FACTOR = 1L << 62;

    // The bits of a double.
    private static final int SIGNIFICAND_BITS = 52;
    private static final long HIDDEN_BIT = 1L << SIGNIFICAND_BITS;
    private static final int EXPONENT_OF_INFINITY = 0x7ff;
    private static final int SMALLEST_EXPONENT = Double.MIN_EXPONENT - SIGNIFICAND_BITS;

    // The last limb of each sum stays in -2^62 .. 2^62 - 1. The sum of two such numbers fits.
    private static final long HEADROOM = 1L << 62;

    private final int count;
    private int base;
    private int width;
    private long[] limbs;
    // What is not finite, or null if all sums are finite. The limbs of a sum that is not finite are 0.
    private NotFinite[] notFinite;

    /** The value of a sum that is not finite, whatever else is added. */
    enum NotFinite {
        POSITIVE(Double.POSITIVE_INFINITY),
        NEGATIVE(Double.NEGATIVE_INFINITY),
        NAN(Double.NaN);

        final double value;

        NotFinite(double value) {
            this.value = value;
        }

        static NotFinite of(double value) {
            return Double.isNaN(value) ? NAN : value > 0 ? POSITIVE : NEGATIVE;
        }

        NotFinite plus(NotFinite other) {
            return other == null || other == this ? this : NAN;
        }
    }

    /**
     * Sums of nothing: 0.
     *
     * @param count number of sums
     */
    public ExactSums(int count) {
        this(count, 0, 0, new long[0], null);
    }

    ExactSums(int count, int base, int width, long[] limbs, NotFinite[] notFinite) {
        this.count = count;
        this.base = base;
        this.width = width;
        this.limbs = limbs;
        this.notFinite = notFinite;
    }

    /** Sums from stored limbs, checked: headroom in each sum, and no limbs in sums that are not finite. */
    static ExactSums checked(int count, int base, int width, long[] limbs, NotFinite[] notFinite) {
        for (int sum = 0; sum < count && width > 0; sum++) {
            long top = limbs[(sum + 1) * width - 1];
            boolean zero = true;
            for (int at = sum * width; at < (sum + 1) * width; at++) {
                zero &= limbs[at] == 0;
            }
            if (top + HEADROOM < 0 || notFinite != null && notFinite[sum] != null && !zero) {
                throw new IllegalArgumentException("Expected the bytes of exact sums, but sum " + sum
                        + (top + HEADROOM < 0 ? " exceeds its limbs" : " is not finite and has limbs"));
            }
        }
        return new ExactSums(count, base, width, limbs, notFinite);
    }

    /**
     * The number of sums.
     *
     * @return the count
     */
    public int count() {
        return count;
    }

    int base() {
        return base;
    }

    int width() {
        return width;
    }

    // Adding.

    /**
     * Adds a value.
     *
     * @param sum its number
     * @param a any value
     */
    public void add(int sum, double a) {
        addProduct(sum, 1, a);
    }

    /**
     * Adds factor · a.
     *
     * @param sum its number
     * @param factor 0 to {@link #LARGEST_FACTOR}
     * @param a any value
     */
    public void addProduct(int sum, long factor, double a) {
        long bits = Double.doubleToRawLongBits(a);
        int exponent = exponentField(bits);
        if (exponent == EXPONENT_OF_INFINITY) {
            addNotFinite(sum, factor * a);
            return;
        }
        long significand = significand(bits, exponent);
        if (significand == 0 || factor == 0) {
            return;
        }
        int zeros = Long.numberOfTrailingZeros(significand);
        significand >>>= zeros;
        add(sum, bits < 0, significand * factor, Math.multiplyHigh(significand, factor), 0, exponent(exponent) + zeros);
    }

    /**
     * Adds factor · a · b.
     *
     * @param sum its number
     * @param factor 0 to {@link #LARGEST_FACTOR}
     * @param a any value
     * @param b any value
     */
    public void addProduct(int sum, long factor, double a, double b) {
        long bitsOfA = Double.doubleToRawLongBits(a);
        long bitsOfB = Double.doubleToRawLongBits(b);
        int exponentOfA = exponentField(bitsOfA);
        int exponentOfB = exponentField(bitsOfB);
        if (exponentOfA == EXPONENT_OF_INFINITY || exponentOfB == EXPONENT_OF_INFINITY) {
            addNotFinite(sum, factor * a * b);
            return;
        }
        long significandOfA = significand(bitsOfA, exponentOfA);
        long significandOfB = significand(bitsOfB, exponentOfB);
        if (significandOfA == 0 || significandOfB == 0 || factor == 0) {
            return;
        }
        int zerosOfA = Long.numberOfTrailingZeros(significandOfA);
        int zerosOfB = Long.numberOfTrailingZeros(significandOfB);
        significandOfA >>>= zerosOfA;
        significandOfB >>>= zerosOfB;
        int exponent = exponent(exponentOfA) + zerosOfA + exponent(exponentOfB) + zerosOfB;
        boolean negative = (bitsOfA ^ bitsOfB) < 0;
        long low = significandOfA * significandOfB;
        long high = Math.multiplyHigh(significandOfA, significandOfB);
        addProduct(sum, negative, factor, low, high, exponent);
    }

    /**
     * Adds or subtracts factor · magnitude · 2<sup>exponent</sup>.
     *
     * @param sum its number
     * @param negative whether to subtract
     * @param factor 0 to {@link #LARGEST_FACTOR}
     * @param low the last 64 bits of the magnitude
     * @param high the first bits, 0 or more
     * @param exponent of the last bit
     */
    void addProduct(int sum, boolean negative, long factor, long low, long high, int exponent) {
        if (low == 0 && high == 0 || factor == 0) {
            return;
        }
        if (high == 0 && low >= 0) {
            // Two floats.
            add(sum, negative, low * factor, Math.multiplyHigh(low, factor), 0, exponent);
            return;
        }
        // multiplyHigh takes low as a signed number.
        long carried = Math.multiplyHigh(low, factor) + (low < 0 ? factor : 0);
        long middle = high * factor + carried;
        long top = Math.multiplyHigh(high, factor) + (Long.compareUnsigned(middle, carried) < 0 ? 1 : 0);
        add(sum, negative, low * factor, middle, top, exponent);
    }

    private static int exponentField(long bits) {
        return (int) (bits >>> SIGNIFICAND_BITS) & EXPONENT_OF_INFINITY;
    }

    private static long significand(long bits, int exponentField) {
        long fraction = bits & HIDDEN_BIT - 1;
        return exponentField == 0 ? fraction : fraction | HIDDEN_BIT;
    }

    /** The exponent of the last bit of a significand. */
    private static int exponent(int exponentField) {
        return Math.max(exponentField, 1) - 1 + SMALLEST_EXPONENT;
    }

    private void addNotFinite(int sum, double value) {
        if (notFinite == null) {
            notFinite = new NotFinite[count];
        }
        notFinite[sum] = NotFinite.of(value).plus(notFinite[sum]);
        for (int at = sum * width; at < (sum + 1) * width; at++) {
            limbs[at] = 0;
        }
    }

    private boolean isFinite(int sum) {
        return notFinite == null || notFinite[sum] == null;
    }

    /** Adds or subtracts the 192 bits of a magnitude that is not 0, times 2 to the exponent. */
    private void add(int sum, boolean negative, long low, long middle, long high, int exponent) {
        if (!isFinite(sum)) {
            return;
        }
        int shift = exponent & 63;
        int opposite = 63 - shift;
        long a = low << shift;
        long b = middle << shift | low >>> 1 >>> opposite;
        long c = high << shift | middle >>> 1 >>> opposite;
        long d = high >>> 1 >>> opposite;
        int used = d != 0 ? 4 : c != 0 ? 3 : b != 0 ? 2 : 1;
        long last = d != 0 ? d : c != 0 ? c : b != 0 ? b : a;
        int first = exponent >> 6;
        int end = first + used + (last >>> 62 == 0 ? 0 : 1);
        if (first < base || end > base + width) {
            cover(first, end);
        }
        int at = sum * width + first - base;
        int top = (sum + 1) * width - 1;
        if (negative) {
            subtract(at, top, used, a, b, c, d);
        } else {
            add(at, top, used, a, b, c, d);
        }
        if (limbs[top] + HEADROOM < 0) {
            cover(base, base + width + 1);
        }
    }

    private void add(int first, int top, int used, long a, long b, long c, long d) {
        long[] l = limbs;
        int at = first;
        long s = l[at] + a;
        l[at] = s;
        boolean carry = s + Long.MIN_VALUE < a + Long.MIN_VALUE;
        if (used > 1) {
            carry = plus(++at, b, carry);
            if (used > 2) {
                carry = plus(++at, c, carry);
                if (used > 3) {
                    carry = plus(++at, d, carry);
                }
            }
        }
        while (carry && at < top) {
            carry = ++l[++at] == 0;
        }
    }

    private void subtract(int first, int top, int used, long a, long b, long c, long d) {
        long[] l = limbs;
        int at = first;
        long before = l[at];
        l[at] = before - a;
        boolean borrow = before + Long.MIN_VALUE < a + Long.MIN_VALUE;
        if (used > 1) {
            borrow = minus(++at, b, borrow);
            if (used > 2) {
                borrow = minus(++at, c, borrow);
                if (used > 3) {
                    borrow = minus(++at, d, borrow);
                }
            }
        }
        while (borrow && at < top) {
            borrow = l[++at]-- == 0;
        }
    }

    /** Adds to one limb, and returns the carry. */
    private boolean plus(int at, long value, boolean carry) {
        long s = limbs[at] + value;
        boolean first = s + Long.MIN_VALUE < value + Long.MIN_VALUE;
        long t = carry ? s + 1 : s;
        limbs[at] = t;
        return first || carry && t == 0;
    }

    /** Subtracts from one limb, and returns the borrow. */
    private boolean minus(int at, long value, boolean borrow) {
        long before = limbs[at];
        long s = before - value;
        boolean first = before + Long.MIN_VALUE < value + Long.MIN_VALUE;
        limbs[at] = borrow ? s - 1 : s;
        return first || borrow && s == 0;
    }

    /**
     * Makes room for terms before many are added, so that the window grows once.
     *
     * @param lowest exponent of the last bit of the smallest term
     * @param highest exponent of the first bit of the largest sum
     */
    public void reserve(int lowest, int highest) {
        cover(lowest >> 6, (highest + 2 >> 6) + 1);
    }

    /** Lets the window cover the limbs `first` .. `end` - 1. */
    private void cover(int first, int end) {
        int newBase = width == 0 ? first : Math.min(base, first);
        int newEnd = width == 0 ? end : Math.max(base + width, end);
        int newWidth = newEnd - newBase;
        if (newWidth == width) {
            return;
        }
        limbs = inWindow(newBase, newWidth);
        base = newBase;
        width = newWidth;
    }

    /** The limbs in a window that covers this one. */
    private long[] inWindow(int newBase, int newWidth) {
        long[] grown = new long[size(count, newWidth)];
        if (width == 0) {
            return grown;
        }
        int below = base - newBase;
        int above = newWidth - below - width;
        for (int sum = 0; sum < count; sum++) {
            int from = sum * width;
            int to = sum * newWidth + below;
            for (int i = 0; i < width; i++) {
                grown[to + i] = limbs[from + i];
            }
            long sign = limbs[from + width - 1] >> 63;
            for (int i = 0; i < above; i++) {
                grown[to + width + i] = sign;
            }
        }
        return grown;
    }

    static int size(int count, int width) {
        long size = (long) count * width;
        if (size > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("Expected exact sums in at most 2^31 limbs, but " + count + " sums of "
                    + width + " limbs have " + size);
        }
        return (int) size;
    }

    /**
     * The sums of this and others, each with the one of its number.
     *
     * @param other as many sums
     * @return new sums
     */
    public ExactSums plus(ExactSums other) {
        if (other.count != count) {
            throw new IllegalArgumentException("Expected " + count + " sums, got " + other.count);
        }
        if (width == 0 && notFinite == null) {
            return other.copy();
        }
        if (other.width == 0 && other.notFinite == null) {
            return copy();
        }
        int newBase = width == 0 ? other.base : other.width == 0 ? base : Math.min(base, other.base);
        int end = Math.max(width == 0 ? newBase : base + width, other.width == 0 ? newBase : other.base + other.width);
        int newWidth = end - newBase;
        long[] result = base == newBase && width == newWidth ? limbs.clone() : inWindow(newBase, newWidth);
        ExactSums sum = new ExactSums(count, newBase, newWidth, result, notFinite == null ? null : notFinite.clone());
        if (other.width > 0 && sum.addLimbs(other)) {
            sum.cover(newBase, end + 1);
        }
        if (other.notFinite != null) {
            for (int i = 0; i < count; i++) {
                if (other.notFinite[i] != null) {
                    sum.addNotFinite(i, other.notFinite[i].value);
                }
            }
        }
        if (notFinite != null) {
            sum.clearNotFinite();
        }
        return sum;
    }

    /** Adds the limbs of sums whose window is inside this one. Returns whether a sum has no headroom left. */
    private boolean addLimbs(ExactSums other) {
        long[] to = limbs;
        long[] from = other.limbs;
        int below = other.base - base;
        boolean full = false;
        for (int sum = 0; sum < count; sum++) {
            int at = sum * width + below;
            int end = (sum + 1) * width;
            int source = sum * other.width;
            long carry = 0;
            for (int i = 0; i < other.width; i++, at++) {
                long value = from[source + i];
                long s = to[at] + value;
                long t = s + carry;
                carry = (s + Long.MIN_VALUE < value + Long.MIN_VALUE ? 1 : 0)
                        + (t + Long.MIN_VALUE < carry + Long.MIN_VALUE ? 1 : 0);
                to[at] = t;
            }
            long sign = from[source + other.width - 1] >> 63;
            for (; at < end; at++) {
                long s = to[at] + sign;
                long t = s + carry;
                carry = (s + Long.MIN_VALUE < sign + Long.MIN_VALUE ? 1 : 0)
                        + (t + Long.MIN_VALUE < carry + Long.MIN_VALUE ? 1 : 0);
                to[at] = t;
            }
            full |= to[end - 1] + HEADROOM < 0;
        }
        return full;
    }

    private void clearNotFinite() {
        for (int sum = 0; sum < count; sum++) {
            if (notFinite[sum] != null) {
                for (int at = sum * width; at < (sum + 1) * width; at++) {
                    limbs[at] = 0;
                }
            }
        }
    }

    /**
     * A copy, which does not change with this.
     *
     * @return equal sums
     */
    public ExactSums copy() {
        return new ExactSums(count, base, width, limbs.clone(), notFinite == null ? null : notFinite.clone());
    }

    // Reading.

    /**
     * The value of a sum, rounded once, to nearest even.
     *
     * @param sum its number
     * @return the double; infinite if the sum is too large
     */
    public double toDouble(int sum) {
        if (!isFinite(sum)) {
            return notFinite[sum].value;
        }
        int top = leadingLimb(sum);
        return top < 0 ? 0 : rounded(sum, top, false);
    }

    /**
     * The value of a sum, rounded once, to nearest even.
     *
     * @param sum its number
     * @return the float; infinite if the sum is too large
     */
    public float toFloat(int sum) {
        if (!isFinite(sum)) {
            return (float) notFinite[sum].value;
        }
        int top = leadingLimb(sum);
        return top < 0 ? 0 : (float) rounded(sum, top, true);
    }

    private double rounded(int sum, int top, boolean toFloat) {
        boolean negative = isNegative(sum);
        int lowest = lowestLimb(sum);
        long leading = magnitude(sum, top, negative, lowest);
        int zeros = Long.numberOfLeadingZeros(leading);
        leading <<= zeros;
        boolean more = lowest < top - 1;
        if (lowest < top) {
            long next = magnitude(sum, top - 1, negative, lowest);
            leading |= next >>> 1 >>> (63 - zeros);
            more |= next << zeros != 0;
        }
        long exponent = 64L * (base + top) - zeros;
        return toFloat
                ? NearestEven.toFloat(negative, leading, more, exponent)
                : NearestEven.toDouble(negative, leading, more, exponent);
    }

    private boolean isNegative(int sum) {
        return width > 0 && limbs[(sum + 1) * width - 1] < 0;
    }

    /** The number of the first limb that is not 0, from the end that weighs least; the sum is not 0. */
    private int lowestLimb(int sum) {
        int i = 0;
        while (limbs[sum * width + i] == 0) {
            i++;
        }
        return i;
    }

    /** The limb of the magnitude of a sum. */
    private long magnitude(int sum, int limb, boolean negative, int lowest) {
        long value = limbs[sum * width + limb];
        return !negative ? value : limb > lowest ? ~value : -value;
    }

    /** The number of the magnitude's limb that weighs most and is not 0; -1 if the sum is 0. */
    private int leadingLimb(int sum) {
        if (isNegative(sum)) {
            int lowest = lowestLimb(sum);
            int i = width - 1;
            while (i > lowest && limbs[sum * width + i] == -1) {
                i--;
            }
            return i;
        }
        int i = width - 1;
        while (i >= 0 && limbs[sum * width + i] == 0) {
            i--;
        }
        return i;
    }

    /**
     * What a sum is if it is not finite.
     *
     * @param sum its number
     * @return 0 for a finite sum, else an infinity or NaN
     */
    public double notFinite(int sum) {
        return isFinite(sum) ? 0 : notFinite[sum].value;
    }

    /**
     * The exact value of a finite sum, as an integer.
     *
     * @param sum its number
     * @return the sum divided by 2 to the {@link #exponent()}
     */
    public BigInteger toInteger(int sum) {
        byte[] bytes = new byte[Math.max(1, 8 * width)];
        for (int i = 0; i < width; i++) {
            long limb = limbs[sum * width + i];
            for (int b = 0; b < 8; b++) {
                bytes[bytes.length - 1 - 8 * i - b] = (byte) (limb >>> 8 * b);
            }
        }
        return new BigInteger(bytes);
    }

    /**
     * The exponent of the integers' last bit.
     *
     * @return the exponent
     */
    public int exponent() {
        return 64 * base;
    }

    long limb(int sum, int limb) {
        int i = limb - base;
        return i < 0 || width == 0 ? 0 : i < width ? limbs[sum * width + i] : limbs[(sum + 1) * width - 1] >> 63;
    }

    NotFinite[] notFinite() {
        return notFinite;
    }

    // As a value.

    /** Whether all sums are equal, also if the windows are not. */
    @Override
    public boolean equals(Object other) {
        if (!(other instanceof ExactSums that) || that.count != count) {
            return false;
        }
        int first = width == 0 ? that.base : that.width == 0 ? base : Math.min(base, that.base);
        int end = Math.max(width == 0 ? first : base + width, that.width == 0 ? first : that.base + that.width);
        for (int sum = 0; sum < count; sum++) {
            if ((isFinite(sum) ? null : notFinite[sum]) != (that.isFinite(sum) ? null : that.notFinite[sum])) {
                return false;
            }
            for (int limb = first; limb < end; limb++) {
                if (limb(sum, limb) != that.limb(sum, limb)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Depends on the sums alone, not on the window. */
    @Override
    public int hashCode() {
        int hash = count;
        for (int sum = 0; sum < count; sum++) {
            hash = 31 * hash + (isFinite(sum) ? Double.hashCode(toDouble(sum)) : notFinite[sum].ordinal());
        }
        return hash;
    }
}
