package io.github.clnorm.internal.timing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Times actions in turn, round after round, so that other work of the machine affects all of them alike. Only times of the
 * same rounds may be compared. Each timed call follows an untimed call of the same action: the caches hold its own data, and
 * the dirty lines that it must write back are its own, not those of the action before it in the round.
 */
public final class Interleaved {

    // Warm-up ends when the rounds of one window take as long as those of the window before, within this share.
    private static final int WINDOW = 5;
    private static final double SETTLED = 0.05;

    private final LongSupplier clock;
    private final BooleanSupplier stop;

    /**
     * How long to measure.
     *
     * @param warmUp nanoseconds of warm-up, at most; at least one round
     * @param measure nanoseconds of the measured rounds: no round begins later
     * @param leastRounds rounds that are made even if they take longer
     * @param mostRounds rounds, at most
     */
    public record Limits(long warmUp, long measure, int leastRounds, int mostRounds) {}

    /**
     * Measures with a clock.
     *
     * @param clock a clock in nanoseconds
     * @param stop called before every round; true ends the measurement
     */
    public Interleaved(LongSupplier clock, BooleanSupplier stop) {
        this.clock = clock;
        this.stop = stop;
    }

    /**
     * Runs actions in turn, each twice a round: the second call is timed.
     *
     * @param actions each blocks until its work is finished
     * @param limits how long to measure
     * @return for each action the times in nanoseconds, one for each round
     */
    public List<long[]> time(List<Runnable> actions, Limits limits) {
        warmUp(actions, limits.warmUp);
        List<long[]> rounds = new ArrayList<>();
        long start = clock.getAsLong();
        while (rounds.size() < limits.mostRounds
                && !stop.getAsBoolean()
                && (rounds.size() < limits.leastRounds || clock.getAsLong() - start < limits.measure)) {
            rounds.add(round(actions));
        }
        List<long[]> times = new ArrayList<>();
        for (int i = 0; i < actions.size(); i++) {
            int action = i;
            times.add(rounds.stream().mapToLong(round -> round[action]).toArray());
        }
        return times;
    }

    private void warmUp(List<Runnable> actions, long atMost) {
        List<Long> totals = new ArrayList<>();
        long start = clock.getAsLong();
        do {
            totals.add(Arrays.stream(round(actions)).sum());
        } while (!stop.getAsBoolean() && !settled(totals) && clock.getAsLong() - start < atMost);
    }

    private static boolean settled(List<Long> totals) {
        int rounds = totals.size();
        if (rounds < 2 * WINDOW) {
            return false;
        }
        double before = median(totals.subList(rounds - 2 * WINDOW, rounds - WINDOW));
        double now = median(totals.subList(rounds - WINDOW, rounds));
        return Math.abs(now - before) <= SETTLED * before;
    }

    private static double median(List<Long> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }

    private long[] round(List<Runnable> actions) {
        long[] times = new long[actions.size()];
        for (int i = 0; i < times.length; i++) {
            actions.get(i).run();
            long start = clock.getAsLong();
            actions.get(i).run();
            times[i] = clock.getAsLong() - start;
        }
        return times;
    }
}
