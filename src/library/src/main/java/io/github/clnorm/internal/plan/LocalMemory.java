package io.github.clnorm.internal.plan;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.Problem;

/** The local memory of a work-group, in bytes, by what it holds. Thread-safe. */
public final class LocalMemory {

    // Columns whose sums fit in 32 KiB of local memory with everything else. The same on every device, so that a plan
    // means
    // the same everywhere.
    private static final long WIDEST_LOCAL_ROW = 2048;

    private LocalMemory() {}

    /**
     * All local memory of a work-group.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return bytes
     */
    public static long bytes(Plan plan, Problem problem) {
        long folds =
                2L * plan.workGroupSize() * plan.vectorWidth() * problem.real().bytes() + 4L * plan.teams();
        long own = 0;
        if (problem instanceof ForwardProblem forward) {
            own = moments(plan, forward);
        } else if (plan instanceof TiledPlan tiled) {
            BackwardProblem backward = (BackwardProblem) problem;
            own = (hasWideRows(backward) ? problem.real().bytes() : columns(backward)) + tileSums(backward);
        }
        return folds + kept(plan, problem) + own;
    }

    /**
     * For the moments of the sets that a work-group works on at a time.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return bytes; 0 if moments go to global memory
     */
    public static long moments(Plan plan, ForwardProblem problem) {
        return plan instanceof WholeSetsPlan whole && !problem.geometry().acrossRows()
                ? 4L
                        * whole.setsAtATime()
                        * Cut.of(problem.geometry()).blocks()
                        * problem.real().bytes()
                : 0;
    }

    /**
     * For copies of the sets that a work-group works on at a time: x, and dy in a backward pass.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return bytes; 0 if the sets stay in global memory
     */
    public static long kept(Plan plan, Problem problem) {
        if (!(plan instanceof WholeSetsPlan whole) || whole.secondRead() != SecondRead.LOCAL) {
            return 0;
        }
        long set = problem.geometry().setSize() * problem.real().bytes();
        return whole.setsAtATime() * tensors(problem) * set;
    }

    /** Tensors that a pass reads: x, and dy in a backward pass. */
    static long tensors(Problem problem) {
        return problem instanceof ForwardProblem ? 1 : 2;
    }

    /**
     * Whether rows are so wide that a tile keeps the gradients of its parameters in global memory.
     *
     * @param problem what a tiled plan computes
     * @return true for more than 2048 columns
     */
    public static boolean hasWideRows(BackwardProblem problem) {
        return problem.geometry().width() > WIDEST_LOCAL_ROW;
    }

    /**
     * For the gradients of the parameters of a tile; in global memory if {@link #hasWideRows}.
     *
     * @param problem what a tiled plan computes
     * @return bytes
     */
    public static long columns(BackwardProblem problem) {
        return 2 * problem.geometry().width() * problem.real().bytes();
    }

    /**
     * For the sums of the blocks of a tile's set.
     *
     * @param problem what a tiled plan computes
     * @return bytes
     */
    public static long tileSums(BackwardProblem problem) {
        return 2L * GradientCut.of(problem.geometry()).blocks() * problem.real().bytes();
    }
}
