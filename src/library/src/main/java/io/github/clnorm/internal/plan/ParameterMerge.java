package io.github.clnorm.internal.plan;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.GradientCut.Order;

/** How a backward pass merges the sums of parameters. Thread-safe. */
public final class ParameterMerge {

    private ParameterMerge() {}

    /**
     * Whether the launch that takes whole sets also makes the gradients of parameters. A work-group then takes its groups of
     * channels in all samples.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return false if the plan merges in a separate launch, or if no work-group has all sums of a parameter
     */
    public static boolean inWorkGroups(Plan plan, BackwardProblem problem) {
        return plan instanceof WholeSetsPlan whole
                && !whole.parameterLaunch()
                && problem.parameters()
                && GradientCut.of(problem.geometry()).order() == Order.RUNS;
    }

    /**
     * Whether a single work-item merges the sums of several parameters at a time, one in each lane of a vector.
     *
     * @param plan the plan
     * @param samples samples whose sums are merged
     * @param cut the blocks of the parameters' sums
     * @return false for teams, and for parameters that have more sums than there are lanes
     */
    public static boolean sideBySide(Plan plan, long samples, GradientCut cut) {
        return plan.team() == 1 && samples * (cut.blocks() / cut.runs()) <= Cut.LANES;
    }
}
