package io.github.clnorm.tools.measure;

import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.timing.Spread;

/**
 * Speed and error of a pass.
 *
 * @param time of the whole pass as its caller sees it, from enqueue to finished
 * @param deviceMicroseconds the device's own time of its launches, the median of several passes; NaN if the driver's
 *     times are not plausible
 * @param gigabytesPerSecond the minimum reads and writes of the tensor divided by the median time, in 1e9 bytes
 * @param copy the fastest copy of a tensor of that size, in the same rounds
 * @param copyGigabytesPerSecond the copy's reads and writes divided by its median time
 * @param copyPlan the parameters of that copy
 * @param error the largest difference from float64: for y and dx |a - ref| / (1 + |ref|), for dγ and dβ |a - ref| / the
 *     sum of the magnitudes of the terms; NaN if it was not compared
 * @param plan the plan that ran
 * @param launches number of kernel launches
 * @param workspaceBytes device memory besides the tensors
 * @param heuristic the same pass by the heuristics' plan, in the same rounds; null if that plan ran
 * @param implausible number of rejected times: 0 ns, or faster than four copies
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
     * The pass by the heuristics' plan, if tuning found another one.
     *
     * @param time of the whole pass
     * @param plan the heuristics' plan
     */
    public record Heuristic(Spread time, Plan plan) {}

    /**
     * The share of the limit: the rate divided by the copy's.
     *
     * @return 1 if the pass moves its minimum bytes as fast as the best copy
     */
    public double share() {
        return gigabytesPerSecond / copyGigabytesPerSecond;
    }
}
