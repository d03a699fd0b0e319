package io.github.clnorm.internal.plan;

import static io.github.clnorm.internal.geometry.Divide.ceil;

import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Statistics;

/** Upper bounds of the loop trips of one work-item in a forward pass. */
final class ForwardTrips {

    private static final int FOLDS_OF_BLOCK = 3;
    // The mean, and M2 and what is left of the mean, which may run twice.
    private static final int FOLDS_OF_MERGE = 5;

    private final Plan plan;
    private final ForwardProblem problem;
    private final Geometry geometry;
    private final boolean strict;

    ForwardTrips(Plan plan, ForwardProblem problem, boolean strict) {
        this.plan = plan;
        this.problem = problem;
        this.strict = strict;
        this.geometry = problem.geometry();
    }

    long all() {
        if (plan instanceof SplitPlan split) {
            return split(split);
        }
        if (plan instanceof ResidentPlan resident) {
            return geometry.acrossRows() ? sideBySide(resident) : resident(resident);
        }
        return packed((PackedPlan) plan);
    }

    private long resident(ResidentPlan resident) {
        return wholeSet(resident) + blocks(ceil(Cut.of(geometry).blocks(), plan.teams()));
    }

    private long packed(PackedPlan packed) {
        return packed.setsPerTeam()
                * (1 + wholeSet(packed) + blocks(Cut.of(geometry).blocks()));
    }

    private long wholeSet(WholeSetsPlan whole) {
        long results = whole.secondRead() == SecondRead.REGISTERS ? inRegisters() : affine(geometry.setSize());
        return LoopTrips.keep(whole, problem) + merge() + results;
    }

    /** A block loaded to registers, and normalized there, if a compiler does not unroll these loops. */
    private long inRegisters() {
        return 2 * (Cut.BLOCK / Cut.LANES + 2L * plan.vectorWidth());
    }

    private long sideBySide(ResidentPlan resident) {
        SideBySide parts = SideBySide.of(resident, geometry);
        long shares = ceil((long) parts.strips() * Columns.of(geometry).tiles(), plan.teams());
        long ofShare = share(parts.columns(), true) + share(parts.columns(), false);
        return shares * ofShare + ceil(parts.sets(), plan.teams()) * (1 + merge());
    }

    private long split(SplitPlan split) {
        long part = Math.min(geometry.setSize(), (long) split.blocksPerPart() * Cut.BLOCK);
        long affine = geometry.affineAcrossRows() ? columns(false) : affine(part);
        if (problem.statistics() == Statistics.GIVEN) {
            return affine;
        }
        long moments = geometry.momentsAcrossRows() ? columns(true) : blocks(ceil(split.blocksPerPart(), plan.teams()));
        if (!split.mergeLaunch()) {
            return Math.max(moments, merge() + affine);
        }
        return Math.max(strict ? merge() : 0, Math.max(moments, affine));
    }

    private long columns(boolean moments) {
        Columns columns = Columns.of(geometry);
        return LoopTrips.sharesOfTeam(plan, columns) * share(columns.columns(), moments);
    }

    /** One share. Columns whose numbers are out of range are summed twice, the second time row by row. */
    private long share(long columns, boolean moments) {
        long rows = Math.min(Columns.TILE_ROWS, geometry.rows()) + 1;
        long ofVector = rows + (moments ? KernelConstants.PIVOT_ROWS + rows : 0) + 2L * plan.vectorWidth();
        return 1 + rows + LoopTrips.vectorsOfStrip(plan, columns) * ofVector;
    }

    /** For every block: its steps of 64 elements, the votes, and the folds of the pivot and two sums. Twice if it is summed twice. */
    private long blocks(long blocks) {
        long votes = plan.teams() == 1 ? 0 : plan.teams();
        return blocks * (1 + 2 * (1 + Cut.BLOCK / Cut.LANES + votes + folds(FOLDS_OF_BLOCK)));
    }

    private long folds(int count) {
        return strict ? count * LoopTrips.fold(plan) : 0;
    }

    /** The first read of the blocks' moments, and the second, which may run twice. */
    private long merge() {
        return 3 * ceil(Cut.of(geometry).blocks(), Cut.LANES) + 64 + folds(FOLDS_OF_MERGE);
    }

    /** Vectors four at a time, and the ends of a run, or of a stretch of the set, one element at a time. */
    private long affine(long elements) {
        long row = Math.min(elements, geometry.width());
        long rows = ceil(elements, geometry.width()) + 1;
        long stretches = rows * (ceil(row, KernelConstants.STRETCH) + 1);
        long ends = stretches * (2 + 2L * plan.vectorWidth());
        if (geometry.run() == 1) {
            return ends + rows * ceil(row, (long) plan.vectorWidth() * plan.members());
        }
        int inRun = plan.itemsPerRun(geometry);
        int atATime = plan.members() / inRun;
        long runs = ceil(ceil(elements, geometry.run()) + stretches, atATime);
        long run = Math.min(elements, geometry.run());
        long endsOfRun = plan.workGroupSize() == 1 ? 2 : ceil(2L * plan.vectorWidth(), inRun);
        return ends + runs * (2 + ceil(run, 4L * plan.vectorWidth() * inRun) + 3 + endsOfRun);
    }
}
