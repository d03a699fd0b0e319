package io.github.clnorm.compare;

import io.github.clnorm.timing.Spread;

/**
 * A time over the baseline's: above 1 is slower. The noise band is what the recorded spreads leave open: from the 10th
 * percentile over the baseline's 90th to the 90th over the baseline's 10th.
 *
 * @param median of the medians
 * @param least the lower end of the noise band
 * @param most the upper end of the noise band
 */
public record Ratio(double median, double least, double most) {

    static Ratio of(Spread time, Spread baseline) {
        return new Ratio(
                time.median() / baseline.median(), time.p10() / baseline.p90(), time.p90() / baseline.p10());
    }

    /**
     * Whether it is slower beyond the noise.
     *
     * @param percent how much slower is still let pass
     * @return whether even the lower end of the band is above
     */
    public boolean isSlowerBy(double percent) {
        return least > 1 + percent / 100;
    }

    @Override
    public String toString() {
        return FigureText.ratio(median) + " (" + FigureText.ratio(least) + "-" + FigureText.ratio(most) + ")";
    }
}
