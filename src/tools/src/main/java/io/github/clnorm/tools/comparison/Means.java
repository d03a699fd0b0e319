package io.github.clnorm.tools.comparison;

/** Means of ratios. */
public final class Means {

    private Means() {}

    /**
     * The geometric mean.
     *
     * @param values one or more, all positive
     * @return the n-th root of their product
     */
    public static double geometric(double... values) {
        double logs = 0;
        for (double value : values) {
            logs += Math.log(value);
        }
        return Math.exp(logs / values.length);
    }
}
