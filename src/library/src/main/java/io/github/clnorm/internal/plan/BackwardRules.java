package io.github.clnorm.internal.plan;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.GradientCut.Order;
import java.util.Optional;

/** Which strategies fit a backward pass, on any device. */
final class BackwardRules {

    private BackwardRules() {}

    /** Why a plan does not fit; empty if it does. */
    static Optional<String> mismatch(Plan plan, BackwardProblem problem) {
        Order order = GradientCut.of(problem.geometry()).order();
        if (plan instanceof SplitPlan split) {
            return split.mergeLaunch()
                    ? Optional.of("backward passes always merge split sets in a launch of their own")
                    : Turns.mismatch(split, problem);
        }
        if (!problem.setSums() || order == Order.COLUMNS) {
            return Optional.of("sets across rows, given statistics, and gradients of parameters alone take the strategy"
                    + " split");
        }
        if (plan instanceof WholeSetsPlan whole && whole.secondRead() == SecondRead.REGISTERS) {
            return inRegisters(whole, problem);
        }
        return plan instanceof TiledPlan && !fitsTiles(plan, problem, order)
                ? Optional.of("tiles of samples take gradients of every element's own parameters, rows of at least "
                        + Cut.LANES + " elements and work-groups of one team")
                : Optional.empty();
    }

    private static Optional<String> inRegisters(WholeSetsPlan plan, BackwardProblem problem) {
        Geometry geometry = problem.geometry();
        GradientCut cut = GradientCut.of(geometry);
        long length = cut.order() == Order.EACH ? geometry.width() : geometry.run();
        long last = length % Cut.BLOCK;
        return last > 0 && last < KernelConstants.END
                ? Optional.of("blocks of fewer than " + KernelConstants.END + " elements are not held in registers")
                : RegisterRules.mismatch(plan, problem, cut.blocks());
    }

    private static boolean fitsTiles(Plan plan, BackwardProblem problem, Order order) {
        Geometry geometry = problem.geometry();
        return order == Order.EACH
                && problem.parameters()
                && GradientCut.setsOfRow(geometry) * geometry.width() >= Cut.LANES
                && plan.teams() == 1;
    }
}
