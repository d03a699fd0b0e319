package io.github.clnorm.measure;

import java.util.Arrays;

/**
 * Which times can be true. A pass that reads and writes a tensor is not several times as fast as the best copy: drivers
 * whose clocks do not run, and clocks that are too coarse, say so nevertheless.
 */
final class Plausibility {

    private static final double MOST_COPIES = 4;

    private Plausibility() {}

    /** The shortest time that is believed of a pass, next to the median of the copy: at least 1 ns. */
    static double shortest(Direction direction, double copyNanoseconds) {
        double transitsOfCopy = Direction.FORWARD.transits();
        return Math.max(1, copyNanoseconds * direction.transits() / transitsOfCopy / MOST_COPIES);
    }

    /** The times that are believed. */
    static long[] believed(long[] nanoseconds, double shortest) {
        return Arrays.stream(nanoseconds).filter(time -> time >= shortest).toArray();
    }
}
