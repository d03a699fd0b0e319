package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Problem;
import java.util.List;

/** Chooses a good plan without measuring: the first legal one of an ordered list of candidates. Thread-safe. */
public final class Heuristics {

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
