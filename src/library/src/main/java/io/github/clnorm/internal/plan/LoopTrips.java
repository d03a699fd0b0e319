package io.github.clnorm.internal.plan;

import static io.github.clnorm.internal.geometry.Divide.ceil;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Problem;

/** Upper bounds of the loop trips of one work-item: what both passes share. */
final class LoopTrips {

    private LoopTrips() {}

    /**
     * An upper bound for the longest launch of a plan, all loops counted. The plan fits the problem.
     *
     * @param strict for a device that stops long loops: folds are loops there, and launches count that merge sums of blocks and
     *     do nothing else. Elsewhere folds are unrolled, and such launches read little
     */
    static long of(Plan plan, Problem problem, boolean strict) {
        return problem instanceof ForwardProblem forward
                ? new ForwardTrips(plan, forward, strict).all()
                : new BackwardTrips(plan, (BackwardProblem) problem, strict).all();
    }

    /** The fold of 64 lanes of one sum, if its loops are not unrolled. */
    static long fold(Plan plan) {
        int team = plan.team();
        long inItem = halves(Cut.LANES / (team * plan.vectorWidth()));
        if (team == 1) {
            return inItem;
        }
        int by = team >= Cut.LANES ? 8 : Math.min(team, 4);
        return inItem + strided(by) + strided(team / by);
    }

    /** Vectors of a team that a work-item loads and adds by halves. */
    private static long strided(int count) {
        return count - 1 + halves(count);
    }

    /** A sum of vectors by halves: a loop over the halves, and one in each of them. */
    private static long halves(int count) {
        return count <= 1 ? 0 : count - 1 + Integer.numberOfTrailingZeros(Integer.highestOneBit(count));
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
