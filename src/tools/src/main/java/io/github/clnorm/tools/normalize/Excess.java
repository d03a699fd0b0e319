package io.github.clnorm.tools.normalize;

import io.github.clnorm.type.ElementType;
import java.util.Locale;

/** Counts the elements whose error exceeds the promised bound. */
final class Excess {

    private long beyond;
    private long compared;

    /** Compares an element with its expected value. It passes if nothing is promised for it. */
    void add(double actual, double expected, double allowed) {
        compared++;
        boolean same = actual == expected || Double.isNaN(expected);
        if (!same && !(Math.abs(actual - expected) <= allowed) && allowed < Double.POSITIVE_INFINITY) {
            beyond++;
        }
    }

    /**
     * Fails if any element exceeds its bound.
     *
     * @throws InexactException with a message of one line
     */
    void check(LargestError error, String formula, double bound, ElementType type) {
        if (beyond > 0) {
            boolean rounded = type != type.accumulator();
            throw new InexactException(String.format(
                    Locale.ROOT,
                    "the result is wrong: %d of %d elements compared with float64 are beyond the bound of %.0e%s, by %s at"
                            + " most as %s; no file was replaced. clnorm verify tests the device",
                    beyond,
                    compared,
                    bound,
                    rounded ? " and one rounding to " + type : "",
                    error,
                    formula));
        }
    }
}
