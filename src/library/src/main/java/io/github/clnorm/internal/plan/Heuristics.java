package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Problem;
import java.util.ArrayList;
import java.util.List;

/** Chooses a good plan without measuring: the first legal one of an ordered list of candidates. Thread-safe. */
public final class Heuristics {

    // Work-groups for each compute unit, where a plan of another strategy is turned into one that shares out sets.
    private static final int PARTS_PER_UNIT = 4;

    private Heuristics() {}

    /**
     * Chooses a plan.
     *
     * @param problem what is computed, not empty
     * @param device the device
     * @param largestWorkGroup work-items that a work-group may have, at most
     * @return a plan that {@link PlanRules} allow, if there is one; else the last candidate
     */
    public static Choice choose(Problem problem, DeviceInfo device, long largestWorkGroup) {
        return Quirks.isGpu(device)
                ? GpuHeuristic.choose(problem, device, largestWorkGroup)
                : firstLegal(candidates(problem, device, largestWorkGroup), problem, device);
    }

    /**
     * Whether the output of a pass is out of the last-level cache before another pass reads it, on a device that gains by stores
     * that bypass the cache.
     *
     * @param problem what is computed, not empty
     * @param device the device
     * @return false for a GPU
     */
    public static boolean bypassesCache(Problem problem, DeviceInfo device) {
        return CpuShape.bypassesCache(problem, device);
    }

    /**
     * Chooses a plan of the strategy split, whose launches can also be enqueued one by one for pieces of a tensor.
     *
     * @param problem what is computed, not empty
     * @param device the device
     * @param largestWorkGroup work-items that a work-group may have, at most
     * @return the plan that the rules allow, or that comes nearest to it
     */
    public static Choice chooseSplit(Problem problem, DeviceInfo device, long largestWorkGroup) {
        Choice chosen = choose(problem, device, largestWorkGroup);
        Plan plan = chosen.plan();
        boolean forward = problem instanceof ForwardProblem;
        if (plan instanceof SplitPlan split) {
            return new Choice(split.withTurns(1).withMergeLaunch(forward), chosen.reason());
        }
        List<Choice> choices = new ArrayList<>();
        SplitPlan like = Plan.split(plan.workGroupSize(), plan.vectorWidth(), 1).withNonTemporal(plan.nonTemporal());
        long wanted = (long) PARTS_PER_UNIT * Math.max(1, device.computeUnits());
        if (problem instanceof ForwardProblem whole) {
            Splits.add(choices, like, whole, wanted, like.teams());
        } else {
            Splits.add(choices, like, (BackwardProblem) problem, wanted);
        }
        Choice legal = firstLegal(choices, problem, device);
        return new Choice(((SplitPlan) legal.plan()).withMergeLaunch(forward), legal.reason());
    }

    /** The first candidate that the rules allow; if there is none, the last one. */
    static Choice firstLegal(List<Choice> candidates, Problem problem, DeviceInfo device) {
        for (Choice candidate : candidates) {
            if (PlanRules.problem(candidate.plan(), problem, device).isEmpty()) {
                return candidate;
            }
        }
        return candidates.get(candidates.size() - 1);
    }

    /** The best first; at least one. */
    private static List<Choice> candidates(Problem problem, DeviceInfo device, long largestWorkGroup) {
        boolean cpu = Quirks.prefersVectorsToWorkItems(device);
        if (problem instanceof ForwardProblem forward) {
            return cpu
                    ? ForwardOnCpu.candidates(forward, device)
                    : ForwardOnItems.candidates(forward, device, largestWorkGroup);
        }
        BackwardProblem backward = (BackwardProblem) problem;
        return cpu
                ? BackwardOnCpu.candidates(backward, device)
                : BackwardOnItems.candidates(backward, device, largestWorkGroup);
    }
}
