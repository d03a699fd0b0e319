package io.github.clnorm.tools.comparison;

import io.github.clnorm.internal.timing.Spread;
import java.util.List;

/**
 * A time divided by the baseline's: above 1 is slower. The noise band follows from the recorded spreads: from the 10th
 * percentile over the baseline's 90th to the 90th over the baseline's 10th.
 *
 * @param median of the medians
 * @param least the lower end of the noise band
 * @param most the upper end of the noise band
 */
public record Ratio(double median, double least, double most) {

    static Ratio of(Spread time, Spread baseline) {
        return new Ratio(time.median() / baseline.median(), time.p10() / baseline.p90(), time.p90() / baseline.p10());
    }

    /**
     * The geometric mean of several ratios. Its noise band is narrower than theirs, because the noise of different rows
     * is independent. In logarithms, the distance of each end is the larger of two values: the root of the sum of the
     * rows' squared distances divided by their number, and two standard errors of the mean of the rows' medians.
     *
     * @param ratios two or more
     * @return the mean
     */
    static Ratio mean(List<Ratio> ratios) {
        double sum = 0;
        double below = 0;
        double above = 0;
        for (Ratio ratio : ratios) {
            sum += Math.log(ratio.median);
            below += square(Math.log(ratio.median / ratio.least));
            above += square(Math.log(ratio.most / ratio.median));
        }
        int rows = ratios.size();
        double mean = sum / rows;
        double scatter = ratios.stream()
                .mapToDouble(ratio -> square(Math.log(ratio.median) - mean))
                .sum();
        double errors = 2 * Math.sqrt(scatter / (rows - 1) / rows);
        return new Ratio(
                Math.exp(mean),
                Math.exp(mean - Math.max(errors, Math.sqrt(below) / rows)),
                Math.exp(mean + Math.max(errors, Math.sqrt(above) / rows)));
    }

    private static double square(double x) {
        return x * x;
    }

    /**
     * Whether it is slower beyond the noise.
     *
     * @param percent how much slower is still accepted
     * @return whether even the lower end of the band is above that
     */
    public boolean isSlowerBy(double percent) {
        return least > 1 + percent / 100;
    }

    /**
     * The ratio as text.
     *
     * @return the ratio and its band, followed by "slower" or "faster" if the band lies on one side of 1
     */
    public String verdict() {
        return this + (isSlowerBy(0) ? " slower" : most < 1 ? " faster" : "");
    }

    @Override
    public String toString() {
        return FigureText.ratio(median) + " (" + FigureText.ratio(least) + "-" + FigureText.ratio(most) + ")";
    }
}
