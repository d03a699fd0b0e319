package io.github.clnorm.tools.measure;

import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.timing.Spread;

/**
 * How fast and how exact a pass of a workload was.
 *
 * @param time of the whole pass as its caller sees it, from enqueue to finished
 * @param deviceMicroseconds the device's own time of its launches, the median of several passes; NaN where the driver's
 *     times cannot be believed
 * @param gigabytesPerSecond the least reads and writes of the tensor over the median time, in 1e9 bytes
 * @param copy the fastest copy of a tensor of that size, in the same rounds
 * @param copyGigabytesPerSecond what the copy reads and writes over its median time
 * @param copyPlan how that copy was made
 * @param error the largest difference from float64: of y and dx as |a - ref| / (1 + |ref|), of dγ and dβ as |a - ref| / the
 *     largest |ref|; NaN where it was not compared
 * @param plan how it ran
 * @param launches of kernels
 * @param workspaceBytes device memory beside the tensors
 * @param heuristic the same pass by the heuristics' plan, in the same rounds; null where that is the plan that ran
 * @param implausible times that were thrown away: 0 ns, or faster than four copies
 */
public record Figures(
        Spread time,
        double deviceMicroseconds,
        double gigabytesPerSecond,
        Spread copy,
        double copyGigabytesPerSecond,
        String copyPlan,
        double error,
        Plan plan,
        int launches,
        long workspaceBytes,
        Heuristic heuristic,
        int implausible) {

    /**
     * A pass by the heuristics' plan where tuning found another.
     *
     * @param time of the whole pass
     * @param plan the heuristics'
     */
    public record Heuristic(Spread time, Plan plan) {}

    /**
     * The share of the limit: the rate over the copy's.
     *
     * @return 1 where the pass moves its least bytes as fast as the best copy does
     */
    public double share() {
        return gigabytesPerSecond / copyGigabytesPerSecond;
    }
}
