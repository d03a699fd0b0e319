package io.github.clnorm.internal.tune;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.KernelSource;
import java.time.Instant;
import java.util.List;

/**
 * The result of a search.
 *
 * <p>Immutable and thread-safe.
 *
 * @param grouping what was computed
 * @param ending how the search ended
 * @param plan the fastest plan; the heuristic's if no plan beat it
 * @param heuristic the plan of the heuristics
 * @param microseconds median time of the plan; NaN if the search did not finish
 * @param heuristicMicroseconds median time of the heuristic's plan in the same rounds
 * @param tried number of plans that were timed, the heuristic's included
 * @param rejected plans that could not be used, with the reasons
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
        /** No plan is faster than the heuristic's by more than noise. */
        HEURISTIC,
        /** It was stopped before it finished. */
        STOPPED,
        /** The budget ran out before five plans had been timed, and none of those was faster. */
        OUT_OF_TIME,
        /** No measured time was plausible. */
        IMPLAUSIBLE
    }

    /**
     * A plan that could not be used.
     *
     * @param plan the plan
     * @param reason why
     */
    public record Rejected(Plan plan, String reason) {}

    /**
     * Whether there is a result to store.
     *
     * @return false if it was stopped, ran out of time, or no time was plausible
     */
    public boolean isMeasured() {
        return ending == Ending.FASTER || ending == Ending.HEURISTIC;
    }

    /**
     * How much faster the plan is than the heuristic's.
     *
     * @return 1 if it is the heuristic's
     */
    public double gain() {
        return heuristicMicroseconds / microseconds;
    }

    /**
     * The entry for the database.
     *
     * @param device the device on which it was measured
     * @param date when it was measured
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
