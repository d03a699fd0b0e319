package io.github.clnorm.internal.fleet;

import io.github.clnorm.device.ClException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Finds the weights of devices by measuring. Each device does the work alone; their rates are the weights. Then devices
 * are added, the fastest first. A device that does not make the whole faster is left out: its part takes longer than the
 * others need for all, or it takes memory bandwidth or processors from them.
 *
 * <p>Thread-safe.
 */
public final class ShareSearch {

    // A device alone so much slower than the fastest gains less than a piece's overhead.
    private static final double HOPELESS = 20;
    // What a device has to gain, beyond the noise.
    private static final double GAIN = 0.97;

    private ShareSearch() {}

    /** Does the work once. */
    @FunctionalInterface
    public interface Trial {
        /**
         * Does the work, from host memory to host memory.
         *
         * @param weights of the devices; 0 for those that have no part
         * @return nanoseconds, more than 0
         * @throws ClException if a device fails
         */
        double nanoseconds(double... weights);
    }

    /**
     * The result.
     *
     * <p>Immutable; the arrays are not copied.
     *
     * @param weights one for each device; 0 for a device that is left out
     * @param alone nanoseconds of each device alone; infinite for a device that cannot do the work
     * @param together nanoseconds of the devices that have a part
     * @param leftOut for each device why it has no part; empty if it has one
     */
    public record Found(double[] weights, double[] alone, double together, List<String> leftOut) {}

    /**
     * Measures.
     *
     * @param leftOut for each device why it cannot do the work, or an empty text. One can at least
     * @param rounds how often each time is taken; the shortest counts
     * @param trial does the work
     * @return the weights
     * @throws ClException if every device fails
     */
    public static Found search(List<String> leftOut, int rounds, Trial trial) {
        int devices = leftOut.size();
        String[] reasons = leftOut.toArray(String[]::new);
        double[] alone = alone(reasons, rounds, trial);
        int[] fastestFirst = IntStream.range(0, devices)
                .filter(device -> reasons[device].isEmpty())
                .boxed()
                .sorted(Comparator.comparingDouble(device -> alone[device]))
                .mapToInt(Integer::intValue)
                .toArray();
        double[] times = new double[devices];
        Arrays.fill(times, Double.POSITIVE_INFINITY);
        times[fastestFirst[0]] = alone[fastestFirst[0]];
        double best = alone[fastestFirst[0]];
        for (int i = 1; i < fastestFirst.length; i++) {
            int device = fastestFirst[i];
            if (alone[device] > HOPELESS * alone[fastestFirst[0]]) {
                reasons[device] = text(
                        "alone it takes %.3f ms, the fastest device %.3f ms",
                        alone[device] / 1e6, alone[fastestFirst[0]] / 1e6);
                continue;
            }
            double[] with = times.clone();
            with[device] = alone[device];
            double withIt = Double.POSITIVE_INFINITY;
            try {
                for (int round = 0; round < rounds; round++) {
                    withIt = Math.min(withIt, trial.nanoseconds(Weights.ofTimes(with)));
                    best = Math.min(best, trial.nanoseconds(Weights.ofTimes(times)));
                }
            } catch (ClException e) {
                reasons[device] = e.getMessage();
                continue;
            }
            if (withIt <= GAIN * best) {
                times = with;
                best = withIt;
            } else {
                reasons[device] = text("%.3f ms with it, %.3f ms without it", withIt / 1e6, best / 1e6);
            }
        }
        return new Found(Weights.ofTimes(times), alone, best, List.of(reasons));
    }

    private static double[] alone(String[] reasons, int rounds, Trial trial) {
        double[] alone = new double[reasons.length];
        Arrays.fill(alone, Double.POSITIVE_INFINITY);
        ClException last = null;
        // The first round compiles the kernels.
        for (int round = 0; round <= rounds; round++) {
            double fastest = Arrays.stream(alone).min().orElseThrow();
            for (int device = 0; device < alone.length; device++) {
                if (!reasons[device].isEmpty() || round > 1 && alone[device] > HOPELESS * fastest) {
                    continue;
                }
                double[] only = new double[alone.length];
                only[device] = 1;
                try {
                    double time = trial.nanoseconds(only);
                    alone[device] = round == 0 ? alone[device] : Math.min(alone[device], time);
                } catch (ClException e) {
                    reasons[device] = e.getMessage();
                    alone[device] = Double.POSITIVE_INFINITY;
                    last = e;
                }
            }
        }
        if (last != null && Arrays.stream(reasons).noneMatch(String::isEmpty)) {
            throw last;
        }
        return alone;
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
