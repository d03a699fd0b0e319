package io.github.clnorm.internal.tune;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.KernelSource;
import java.time.Instant;
import java.util.List;

/**
 * What a search found.
 *
 * <p>Immutable and thread-safe.
 *
 * @param grouping what was computed
 * @param ending how it ended
 * @param plan the fastest; the heuristic's where nothing beat it
 * @param heuristic what would have run without it
 * @param microseconds the plan's median time; NaN where nothing was measured to its end
 * @param heuristicMicroseconds the heuristic's, in the same rounds
 * @param tried plans that were timed, the heuristic's among them
 * @param rejected plans that could not be, with the reasons
 */
public record Tuned(
        Grouping grouping,
        Ending ending,
        Plan plan,
        Plan heuristic,
        double microseconds,
        double heuristicMicroseconds,
        int tried,
        List<Rejected> rejected) {

    /** How a search ended. */
    public enum Ending {
        /** Another plan is faster than the heuristic's by more than noise. */
        FASTER,
        /** The heuristic's plan is as fast as any. */
        HEURISTIC,
        /** Somebody wanted it to stop before it knew. */
        STOPPED,
        /** The time was over when hardly any plan had been tried, and none of them was faster. */
        OUT_OF_TIME,
        /** No time could be believed. */
        IMPLAUSIBLE
    }

    /**
     * A plan that is out.
     *
     * @param plan which
     * @param reason why
     */
    public record Rejected(Plan plan, String reason) {}

    /**
     * Whether there is something to store.
     *
     * @return false where it was stopped, had no time, or no time could be believed
     */
    public boolean isMeasured() {
        return ending == Ending.FASTER || ending == Ending.HEURISTIC;
    }

    /**
     * How much faster the plan is than the heuristic's.
     *
     * @return 1 where it is the heuristic's
     */
    public double gain() {
        return heuristicMicroseconds / microseconds;
    }

    /**
     * What the database keeps of it.
     *
     * @param device where it was measured
     * @param date when
     * @return the entry
     */
    public Entry entry(DeviceInfo device, Instant date) {
        return new Entry(
                device.name(),
                device.platform(),
                device.driver(),
                device.computeUnits(),
                KernelSource.hash(),
                grouping,
                plan,
                microseconds,
                heuristicMicroseconds,
                date);
    }
}
