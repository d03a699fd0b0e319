package io.github.clnorm.internal.geometry;

/** Division of whole numbers. Thread-safe. */
public final class Divide {

    private Divide() {}

    /**
     * The quotient, rounded up.
     *
     * @param dividend 0 or more
     * @param divisor 1 or more
     * @return the least number that is not below dividend / divisor
     */
    public static long ceil(long dividend, long divisor) {
        return (dividend + divisor - 1) / divisor;
    }
}
