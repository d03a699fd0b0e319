import java.util.Arrays;
import java.util.Locale;

/**
 * Errors of some seeds.
 *
 * @param count how many
 * @param mean NaN for none
 * @param spread their standard deviation, with one less than their number in the denominator; NaN for fewer than two
 */
record Sample(int count, double mean, double spread) {

    static Sample of(double... errors) {
        double mean = Arrays.stream(errors).average().orElse(Double.NaN);
        double squares = Arrays.stream(errors)
                .map(error -> (error - mean) * (error - mean))
                .sum();
        double spread = errors.length < 2 ? Double.NaN : Math.sqrt(squares / (errors.length - 1));
        return new Sample(errors.length, mean, spread);
    }

    @Override
    public String toString() {
        if (count == 0) {
            return "-";
        }
        String mean = String.format(Locale.ROOT, "%.1f", this.mean);
        return count == 1 ? mean : mean + String.format(Locale.ROOT, " ± %.1f", spread);
    }
}
