package io.github.clnorm.internal.tune;

import io.github.clnorm.internal.timing.Plausibility;
import java.util.Arrays;

/** Whether a plan beats the heuristic's plan by more than noise, by times from rounds of both. */
final class Verdict {

    /** A winner takes less than this share of the heuristic's time, in the median of rounds. */
    private static final double WINS_BELOW = 0.97;

    // And is the faster one in this share of the rounds.
    private static final double WINS_IN_ROUNDS = 0.75;

    private Verdict() {}

    /**
     * Whether a plan wins.
     *
     * @param times nanoseconds of the plan
     * @param heuristicTimes nanoseconds of the heuristic's plan, in the same rounds
     * @param shortest the shortest plausible time
     */
    static boolean wins(long[] times, long[] heuristicTimes, double shortest) {
        if (Plausibility.believed(times, shortest).length < times.length) {
            return false;
        }
        double[] shares = new double[times.length];
        Arrays.setAll(shares, i -> (double) times[i] / Math.max(1, heuristicTimes[i]));
        Arrays.sort(shares);
        return shares[shares.length / 2] <= WINS_BELOW
                && Arrays.stream(shares).filter(share -> share < 1).count() >= WINS_IN_ROUNDS * shares.length;
    }
}
