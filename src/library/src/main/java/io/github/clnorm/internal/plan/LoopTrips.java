package io.github.clnorm.internal.plan;

import static io.github.clnorm.internal.geometry.Divide.ceil;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Problem;

/** Upper bounds of the loop trips of one work-item: what both passes share. */
final class LoopTrips {

    private LoopTrips() {}

    /**
     * An upper bound for the longest launch of a plan, all loops counted. The plan fits the problem.
     *
     * @param countsMerges whether launches count that merge sums of blocks and do nothing else. They read little, and only a
     *     device that stops long loops limits them
     */
    static long of(Plan plan, Problem problem, boolean countsMerges) {
        return problem instanceof ForwardProblem forward
                ? new ForwardTrips(plan, forward, countsMerges).all()
                : new BackwardTrips(plan, (BackwardProblem) problem, countsMerges).all();
    }

    /** The copy of the tensors of a set to local memory. */
    static long keep(WholeSetsPlan plan, Problem problem) {
        if (plan.secondRead() != SecondRead.LOCAL) {
            return 0;
        }
        Geometry geometry = problem.geometry();
        long ofRow = 1 + ceil(geometry.width(), (long) plan.members() * plan.vectorWidth()) + plan.vectorWidth();
        return LocalMemory.tensors(problem) * geometry.rows() * ofRow;
    }

    /** The vectors of a strip of columns that one work-item takes. */
    static long vectorsOfStrip(Plan plan, long columns) {
        return ceil(Math.min(Shares.stripColumns(plan), columns), (long) plan.team() * plan.vectorWidth());
    }

    /** The shares that a team takes. */
    static long sharesOfTeam(Plan plan, Columns columns) {
        return ceil(Shares.of(plan, columns).perPart(), plan.teams());
    }
}
