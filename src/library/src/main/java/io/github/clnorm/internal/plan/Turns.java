package io.github.clnorm.internal.plan;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.GradientCut.Order;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.geometry.Statistics;
import java.util.Optional;

/**
 * Turns of the strategy split. A plan in several turns takes a share of the sets through all launches before the next share.
 * If a share fits in the cache, its second read does not go to memory. Thread-safe.
 */
public final class Turns {

    private Turns() {}

    /**
     * How many turns a problem can be divided into.
     *
     * @param problem what is computed
     * @return along rows its sets, across rows its samples; 1 if nothing is read a second time
     */
    public static long most(Problem problem) {
        return readsTwice(problem) ? (acrossRows(problem) ? problem.geometry().samples() : sets(problem)) : 1;
    }

    private static long sets(Problem problem) {
        return problem.geometry().sets();
    }

    private static boolean readsTwice(Problem problem) {
        return problem instanceof ForwardProblem forward
                ? forward.statistics() != Statistics.GIVEN
                : ((BackwardProblem) problem).setSums() && ((BackwardProblem) problem).input();
    }

    private static boolean acrossRows(Problem problem) {
        return problem instanceof ForwardProblem
                ? !problem.geometry().alongRows()
                : GradientCut.of(problem.geometry()).order() == Order.COLUMNS;
    }

    /** Why a plan's turns do not fit; empty if they do. */
    static Optional<String> mismatch(SplitPlan plan, Problem problem) {
        long most = most(problem);
        return plan.turns() > most
                ? Optional.of(plan.turns() + " turns, where there is work for at most " + most)
                : Optional.empty();
    }
}
