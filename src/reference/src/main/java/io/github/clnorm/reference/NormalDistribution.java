package io.github.clnorm.reference;

/** The normal distribution in float64, for GELU; its error is a few units in the last place. */
final class NormalDistribution {

    // Above this, 1 - erf would cancel, and the continued fraction converges.
    private static final double SERIES_UP_TO = 1;
    private static final int FRACTION_TERMS = 200;

    private NormalDistribution() {}

    /** Φ(x): the probability that a normally distributed value is below x. */
    static double below(double x) {
        double z = Math.abs(x) / Math.sqrt(2);
        double tail = z < SERIES_UP_TO ? (1 - erfSeries(z)) / 2 : erfcFraction(z) / 2;
        return x < 0 ? tail : 1 - tail;
    }

    /** Abramowitz and Stegun 7.1.6: a series of positive terms. */
    private static double erfSeries(double z) {
        double term = z;
        double sum = z;
        for (int n = 1; term > sum * 0x1p-60; n++) {
            term *= 2 * z * z / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-z * z) * sum;
    }

    /** Abramowitz and Stegun 7.1.14: a continued fraction, evaluated from its end. */
    private static double erfcFraction(double z) {
        double fraction = z;
        for (int n = FRACTION_TERMS; n > 0; n--) {
            fraction = z + n / 2.0 / fraction;
        }
        return Math.exp(-z * z) / Math.sqrt(Math.PI) / fraction;
    }
}
