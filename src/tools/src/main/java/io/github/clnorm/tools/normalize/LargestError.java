package io.github.clnorm.tools.normalize;

import java.util.Locale;
import java.util.function.DoubleConsumer;

/** The largest difference from expected values, which are given in order; NaN if only one of two values is NaN. */
final class LargestError implements DoubleConsumer {

    private final double[] actual;
    private final double absolute;
    private final double relative;
    private int next;
    private double largest;
    private int notNumbers;

    /** Differences are divided by absolute + relative · |expected|. */
    LargestError(double[] actual, double absolute, double relative) {
        this.actual = actual;
        this.absolute = absolute;
        this.relative = relative;
    }

    @Override
    public void accept(double expected) {
        double value = actual[next++];
        // Covers equal infinities, whose difference would be NaN.
        if (value == expected) {
            return;
        }
        if (Double.isNaN(expected) && Double.isNaN(value)) {
            notNumbers++;
            return;
        }
        double error = Math.abs(value - expected) / (absolute + relative * Math.abs(expected));
        if (!(error <= largest)) {
            largest = error;
        }
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.2e", largest);
    }

    /** Whether all values are NaN, as expected. */
    boolean isOfNaNs() {
        return notNumbers == next && next > 0;
    }

    /** A remark about values that are NaN as expected; empty if there are none. */
    String ofNaNs() {
        return notNumbers == 0 ? "" : "; " + notNumbers + " of " + next + " values are NaN, there too";
    }
}
