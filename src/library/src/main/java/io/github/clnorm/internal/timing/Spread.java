package io.github.clnorm.internal.timing;

import java.util.Arrays;

/**
 * The distribution of repeated measurements.
 *
 * @param median microseconds
 * @param p10 the 10th percentile, microseconds
 * @param p90 the 90th percentile, microseconds
 * @param samples number of measurements
 */
public record Spread(double median, double p10, double p90, int samples) {

    /**
     * The distribution of some times. Percentiles between two times are interpolated.
     *
     * @param nanoseconds one or more times, in any order. Not modified
     * @return their distribution, in microseconds
     */
    public static Spread of(long... nanoseconds) {
        long[] sorted = nanoseconds.clone();
        Arrays.sort(sorted);
        return new Spread(percentile(sorted, 0.5), percentile(sorted, 0.1), percentile(sorted, 0.9), sorted.length);
    }

    private static double percentile(long[] sorted, double share) {
        double at = share * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return Math.round(sorted[below] + (at - below) * (sorted[above] - sorted[below])) / 1e3;
    }
}
