package io.github.clnorm.internal.plan;

import static io.github.clnorm.internal.geometry.Divide.ceil;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.GradientCut.Order;
import io.github.clnorm.type.Activation;

/** Upper bounds of the loop trips of one work-item in a backward pass. */
final class BackwardTrips {

    // Compilers unroll loops over as many registers; llvmpipe's keeps a loop over 64.
    private static final long MOST_UNROLLED = 16;

    private final Plan plan;
    private final BackwardProblem problem;
    private final Geometry geometry;
    private final GradientCut cut;
    private final boolean strict;

    BackwardTrips(Plan plan, BackwardProblem problem, boolean strict) {
        this.plan = plan;
        this.problem = problem;
        this.strict = strict;
        this.geometry = problem.geometry();
        this.cut = GradientCut.of(geometry);
    }

    long all() {
        long launches = problem.parameters() ? parameters() : 0;
        if (plan instanceof SplitPlan split) {
            return Math.max(launches, split(split));
        }
        if (plan instanceof TiledPlan) {
            return Math.max(launches, tile());
        }
        WholeSetsPlan whole = (WholeSetsPlan) plan;
        long sets = whole instanceof ResidentPlan
                ? set(whole, ceil(cut.blocks(), plan.teams()))
                : whole.setsInTurn() * (1 + set(whole, cut.blocks()));
        return ParameterMerge.inWorkGroups(plan, problem) ? withParameters(whole, sets) : Math.max(launches, sets);
    }

    /** The launches for the gradients of parameters alone. */
    private long parameters() {
        if (cut.order() != Order.EACH) {
            return strict ? parameter(geometry.sets() / geometry.owners(), cut) : 0;
        }
        long merge = strict ? parameter(1, GradientCut.ofColumns(geometry)) : 0;
        return plan instanceof TiledPlan ? merge : Math.max(merge, columns(GradientCut.acrossSamples(geometry)));
    }

    /** Sets, and then the parameters of their groups. */
    private long withParameters(WholeSetsPlan whole, long sets) {
        long parameters = (long) whole.setsAtATime() * whole.setsInTurn() * cut.runs();
        boolean sideBySide = ParameterMerge.sideBySide(plan, geometry.samples(), cut);
        long together = sideBySide ? plan.vectorWidth() : plan.teams();
        return geometry.samples() * (1 + sets) + ceil(parameters, together) * (1 + parameter(geometry.samples(), cut));
    }

    private long split(SplitPlan split) {
        long merge = strict && problem.setSums() ? merge(cut.blocks(), cut.perRun()) : 0;
        long part = cut.order() == Order.COLUMNS
                ? columns(geometry)
                : ceil(split.blocksPerPart(problem), plan.teams()) * block();
        return Math.max(merge, part);
    }

    private long set(WholeSetsPlan whole, long blocks) {
        long inRegisters = whole.secondRead() == SecondRead.REGISTERS ? 4 * Cut.BLOCK / Cut.LANES : 0;
        return LoopTrips.keep(whole, problem) + merge(cut.blocks(), cut.perRun()) + blocks * block() + inRegisters;
    }

    private long tile() {
        long width = geometry.width();
        long ofSample = 1
                + merge(cut.blocks(), cut.perRun())
                + sums(width)
                + ceil(width, 4L * plan.team() * plan.vectorWidth())
                + 3
                + plan.vectorWidth();
        return Columns.TILE_ROWS * ofSample;
    }

    /** The sums of a block and its dx, with the ends of the data. */
    private long block() {
        long elements = cut.elementsOfBlock(geometry);
        long vectors = ceil(elements, (long) plan.team() * plan.vectorWidth());
        long ends = plan.team() == 1 ? 0 : 2L * plan.vectorWidth();
        long atOnce = problem.activation() == Activation.NONE ? KernelConstants.AT_ONCE : 1;
        return 4 + sums(elements) + ceil(vectors, atOnce) + KernelConstants.AT_ONCE + ends;
    }

    /** The sums of a parameter, or of one parameter for each lane of a vector. */
    private long parameter(long samples, GradientCut of) {
        long blocks = samples * (of.blocks() / of.runs());
        return ParameterMerge.sideBySide(plan, samples, of)
                ? 3L * (Cut.LANES + 8) + blocks * (3 + plan.vectorWidth()) + 2L * plan.vectorWidth()
                : merge(blocks, of.perRun());
    }

    /** Whole steps of 64 elements, and the lanes of a block that is shorter than a vector. */
    private long sums(long elements) {
        long behind = elements % Cut.BLOCK;
        long lanes = behind > 0 && behind < KernelConstants.END ? KernelConstants.END : 0;
        return ceil(elements, Cut.BLOCK) * (1 + registers() + folds())
                + ceil(elements, Cut.LANES) * (1 + registers())
                + registers()
                + lanes;
    }

    /** Vectors of one parameter's blocks are loaded at once, others lane by lane. */
    private long merge(long blocks, long perRun) {
        boolean together = perRun % plan.vectorWidth() == 0 || perRun == blocks;
        long ofLanes = 1 + registers() + (together ? 0 : held() * (1 + 3L * plan.vectorWidth()));
        return ceil(blocks, Cut.LANES) * ofLanes + 3 * registers() + folds() + Math.max(8, 2L * plan.vectorWidth());
    }

    /** The folds of two sums. */
    private long folds() {
        return strict ? 2 * LoopTrips.fold(plan) : 0;
    }

    private long columns(Geometry seen) {
        Columns columns = Columns.of(seen);
        long ofVector = Columns.TILE_ROWS + 1L + 5L * plan.vectorWidth();
        return LoopTrips.sharesOfTeam(plan, columns)
                * (1 + Columns.TILE_ROWS + LoopTrips.vectorsOfStrip(plan, columns.columns()) * ofVector);
    }

    /** Registers of a work-item that hold lanes: a loop over them, unless it is unrolled. */
    private long registers() {
        return held() > MOST_UNROLLED ? held() : 0;
    }

    private long held() {
        return Math.max(1, Cut.LANES / ((long) plan.team() * plan.vectorWidth()));
    }
}
