package io.github.clnorm.tools.comparison;

import java.util.Locale;

/** The metric that the cells of a comparison show. */
public enum Metric {
    /** Microseconds of the whole pass, the median: less is better. */
    US("us"),
    /** The minimum reads and writes of the tensor divided by that time, in 1e9 bytes per second. */
    GB_PER_S("GB/s"),
    /** That rate divided by the rate of the device's own best copy. */
    SHARE("share of the copy");

    private final String unit;

    Metric(String unit) {
        this.unit = unit;
    }

    /**
     * The unit.
     *
     * @return such as {@code GB/s}
     */
    public String unit() {
        return unit;
    }

    /**
     * The figure.
     *
     * @param figures of a pass
     * @return a positive number
     */
    public double of(SavedFigures figures) {
        return switch (this) {
            case US -> figures.time().median();
            case GB_PER_S -> figures.gigabytesPerSecond();
            case SHARE -> figures.share();
        };
    }

    /**
     * Which of two figures is the better one.
     *
     * @param one a figure
     * @param other a figure
     * @return whether the first is better
     */
    public boolean isBetter(double one, double other) {
        return this == US ? one < other : one > other;
    }

    /**
     * A figure as text.
     *
     * @param value the figure
     * @return its digits, without the unit
     */
    public String text(double value) {
        return switch (this) {
            case US -> FigureText.microseconds(value);
            case GB_PER_S -> FigureText.rate(value);
            case SHARE -> FigureText.percent(value);
        };
    }

    /** Its name on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
