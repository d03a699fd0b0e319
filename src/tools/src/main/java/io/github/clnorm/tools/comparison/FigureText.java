package io.github.clnorm.tools.comparison;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;

/** Figures as text, with about three digits everywhere. */
public final class FigureText {

    private static final List<String> UNITS = List.of("KiB", "MiB", "GiB");

    private FigureText() {}

    /**
     * A time.
     *
     * @param value microseconds
     * @return its digits
     */
    public static String microseconds(double value) {
        return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value);
    }

    /**
     * A rate.
     *
     * @param value in 1e9 bytes a second
     * @return its digits
     */
    public static String rate(double value) {
        if (value < 0.1) {
            return new BigDecimal(value)
                    .round(new MathContext(2))
                    .stripTrailingZeros()
                    .toPlainString();
        }
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
    }

    /**
     * A share.
     *
     * @param share 1 for 100%
     * @return such as {@code 61%}
     */
    public static String percent(double share) {
        return String.format(Locale.ROOT, "%.0f%%", 100 * share);
    }

    /**
     * A ratio.
     *
     * @param value 1 for equal
     * @return such as {@code 1.04}
     */
    public static String ratio(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
    }

    /**
     * An error.
     *
     * @param error relative; NaN if it is not known
     * @return such as {@code 2.3e-07}, or a hyphen
     */
    public static String error(double error) {
        return Double.isNaN(error) ? "-" : String.format(Locale.ROOT, "%.1e", error);
    }

    /**
     * An amount of memory.
     *
     * @param count bytes
     * @return such as {@code 12 KiB}
     */
    public static String bytes(long count) {
        if (count < 1024) {
            return count + " B";
        }
        double value = count;
        int unit = -1;
        while (value >= 1024 && unit < UNITS.size() - 1) {
            value /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, value < 10 ? "%.1f %s" : "%.0f %s", value, UNITS.get(unit));
    }
}
