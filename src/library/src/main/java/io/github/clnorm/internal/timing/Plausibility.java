package io.github.clnorm.internal.timing;

import java.util.Arrays;

/**
 * Which times can be true. A pass that reads and writes a tensor is not several times as fast as the best copy: drivers
 * whose clocks do not run, and clocks that are too coarse, say so nevertheless.
 */
public final class Plausibility {

    private static final double MOST_COPIES = 4;
    private static final double TRANSITS_OF_COPY = 2;

    private Plausibility() {}

    /**
     * The shortest time that is believed of a pass.
     *
     * @param transits reads and writes of the tensor that the pass makes at least
     * @param copyNanoseconds the median of the best copy of a tensor of that size
     * @return nanoseconds, 1 or more
     */
    public static double shortest(int transits, double copyNanoseconds) {
        return Math.max(1, copyNanoseconds * transits / TRANSITS_OF_COPY / MOST_COPIES);
    }

    /**
     * The times that are believed.
     *
     * @param nanoseconds some times. Not modified
     * @param shortest that is believed
     * @return those that are not shorter, in their order
     */
    public static long[] believed(long[] nanoseconds, double shortest) {
        return Arrays.stream(nanoseconds).filter(time -> time >= shortest).toArray();
    }
}
