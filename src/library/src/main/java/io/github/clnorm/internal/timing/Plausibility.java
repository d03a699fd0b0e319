package io.github.clnorm.internal.timing;

import java.util.Arrays;

/**
 * Tells plausible times from impossible ones. A pass that reads and writes a tensor is not several times as fast as the best
 * copy, but drivers with broken or coarse clocks report that.
 */
public final class Plausibility {

    private static final double MOST_COPIES = 4;
    private static final double TRANSITS_OF_COPY = 2;

    private Plausibility() {}

    /**
     * The shortest plausible time of a pass.
     *
     * @param transits the least number of reads and writes of the tensor
     * @param copyNanoseconds the median of the best copy of a tensor of that size
     * @return nanoseconds, 1 or more
     */
    public static double shortest(int transits, double copyNanoseconds) {
        return Math.max(1, copyNanoseconds * transits / TRANSITS_OF_COPY / MOST_COPIES);
    }

    /**
     * The plausible times.
     *
     * @param nanoseconds measured times. Not modified
     * @param shortest the shortest plausible time
     * @return the times that are not shorter, in their order
     */
    public static long[] believed(long[] nanoseconds, double shortest) {
        return Arrays.stream(nanoseconds).filter(time -> time >= shortest).toArray();
    }
}
