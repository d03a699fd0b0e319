package io.github.clnorm.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.geometry.Columns;
import io.github.clnorm.geometry.Cut;
import io.github.clnorm.geometry.Geometry;
import io.github.clnorm.geometry.GradientCut;
import io.github.clnorm.geometry.GradientCut.Order;
import io.github.clnorm.geometry.GradientProblem;
import java.util.Optional;

/** Which plans a device can run for the gradients of a geometry. */
public final class GradientRules {

    // Loops over the registers of a work-item that compilers keep as loops: llvmpipe's does, of 64.
    private static final long MOST_UNROLLED = 16;

    private GradientRules() {}

    /**
     * Why a plan cannot run.
     *
     * @param plan the plan
     * @param problem what it would compute
     * @param device where
     * @return the reason, or empty when it can run
     */
    public static Optional<String> problem(Plan plan, GradientProblem problem, DeviceInfo device) {
        if (plan.workGroupSize() > device.maxWorkGroupSize()) {
            return Optional.of("a work-group of " + plan.workGroupSize() + " exceeds the device's limit of "
                    + device.maxWorkGroupSize());
        }
        GradientCut cut = GradientCut.of(problem.geometry());
        if (plan.strategy() != Strategy.SPLIT && (!problem.setSums() || cut.order() == Order.COLUMNS)) {
            return Optional.of("sets across rows, given statistics, and gradients of parameters alone take the strategy"
                    + " split");
        }
        if (plan.strategy() == Strategy.TILED) {
            Geometry geometry = problem.geometry();
            if (cut.order() != Order.EACH
                    || !problem.parameters()
                    || geometry.groups() * geometry.width() < Cut.LANES
                    || plan.teams() > 1) {
                return Optional.of("tiles of samples take gradients of every element's own parameters, rows of at least "
                        + Cut.LANES + " elements and work-groups of one team");
            }
        }
        if (plan.keepSet() && plan.strategy() != Strategy.RESIDENT && plan.strategy() != Strategy.PACKED) {
            return Optional.of("only work-groups that do whole sets keep them");
        }
        long local = localBytes(plan, problem);
        if (local > device.localMemory()) {
            return Optional.of("it needs " + local + " bytes of local memory, the device has " + device.localMemory());
        }
        long trips = trips(plan, problem, cut);
        if (trips >= PlanRules.MAX_TRIPS) {
            return Optional.of(
                    "a work-item would make " + trips + " loop trips, the limit is " + PlanRules.MAX_TRIPS);
        }
        return Optional.empty();
    }

    /**
     * Local memory of a work-group.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return bytes
     */
    public static long localBytes(Plan plan, GradientProblem problem) {
        long sums = 2L * plan.workGroupSize() * plan.vectorWidth() * problem.real().bytes() + 4L * plan.teams();
        return sums + keptBytes(plan, problem) + columnBytes(plan, problem) + tileSumBytes(plan, problem);
    }

    /**
     * Local memory for x and dy of the sets that a work-group works on at a time.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return bytes; 0 where they stay in global memory
     */
    public static long keptBytes(Plan plan, GradientProblem problem) {
        return plan.keepSet()
                ? 2 * PlanRules.setsAtATime(plan) * problem.geometry().setSize() * problem.real().bytes()
                : 0;
    }

    /**
     * Local memory for the gradients of a tile's parameters.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return bytes; 0 for other strategies
     */
    public static long columnBytes(Plan plan, GradientProblem problem) {
        return plan.strategy() == Strategy.TILED ? 2 * problem.geometry().width() * problem.real().bytes() : 0;
    }

    /**
     * Local memory for the sums of a set's blocks.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return bytes; 0 for strategies that keep them in global memory
     */
    public static long tileSumBytes(Plan plan, GradientProblem problem) {
        return plan.strategy() == Strategy.TILED
                ? 2L * GradientCut.of(problem.geometry()).blocks() * problem.real().bytes()
                : 0;
    }

    /**
     * Blocks of a set that a work-group of the strategy split takes.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return as many as have about {@code blocksPerPart} times 1024 elements
     */
    public static int blocksPerPart(Plan plan, GradientProblem problem) {
        GradientCut cut = GradientCut.of(problem.geometry());
        long blocks = (long) plan.blocksPerPart() * Cut.BLOCK / cut.elementsOfBlock(problem.geometry());
        return (int) Math.max(1, Math.min(cut.blocks(), blocks));
    }

    /** Work-items that merge: one team, since a larger work-group would do the same once more in each team. */
    private static long held(Plan plan) {
        return Math.max(1, Cut.LANES / ((long) plan.team() * plan.vectorWidth()));
    }

    /** An upper bound of the loop trips of one work-item, all loops of a launch counted. */
    static long trips(Plan plan, GradientProblem problem, GradientCut cut) {
        Geometry geometry = problem.geometry();
        long most = 0;
        if (problem.parameters()) {
            GradientCut merged = cut.order() == Order.EACH ? GradientCut.ofColumns(geometry) : cut;
            long samples = cut.order() == Order.EACH ? 1 : geometry.samples();
            most = mergeTrips(plan, samples * (merged.blocks() / merged.runs()), merged.perRun());
            if (cut.order() == Order.EACH && plan.strategy() != Strategy.TILED) {
                most = Math.max(most, columnTrips(plan, GradientCut.acrossSamples(geometry)));
            }
        }
        if (cut.order() == Order.COLUMNS) {
            long sets = problem.setSums() ? mergeTrips(plan, cut.blocks(), cut.perRun()) : 0;
            return Math.max(most, Math.max(sets, columnTrips(plan, geometry)));
        }
        long ofSet = mergeTrips(plan, cut.blocks(), cut.perRun());
        long block = blockTrips(plan, cut.elementsOfBlock(geometry));
        return Math.max(most, switch (plan.strategy()) {
            case SPLIT -> Math.max(
                    problem.setSums() ? ofSet : 0, ceil(blocksPerPart(plan, problem), plan.teams()) * block);
            case RESIDENT -> keepTrips(plan, geometry) + ofSet + 2 * ceil(cut.blocks(), plan.teams()) * block;
            case PACKED -> plan.setsPerTeam() * (1 + keepTrips(plan, geometry) + ofSet + 2 * cut.blocks() * block);
            case TILED -> Columns.TILE_ROWS
                    * (1 + ofSet + sumTrips(plan, geometry.width()) + tailTrips(plan)
                            + ceil(geometry.width(), 4L * plan.team() * plan.vectorWidth()) + 3 + plan.vectorWidth());
        });
    }

    /** Of the sums of a block or of its dx, with the folds over the team and the ends of the data. */
    private static long blockTrips(Plan plan, long elements) {
        long dx = ceil(elements, (long) plan.team() * plan.vectorWidth()) + 2L * plan.vectorWidth();
        return 1 + Math.max(sumTrips(plan, elements) + tailTrips(plan), dx);
    }

    /** Whole steps of 64 elements; registers are many where a work-item holds 64 scalars, and not unrolled. */
    private static long sumTrips(Plan plan, long elements) {
        long folds = plan.team() == 1 ? 0 : 2 * Long.numberOfTrailingZeros(plan.team());
        return ceil(elements, Cut.BLOCK) * (1 + folds + registerTrips(plan))
                + ceil(elements, Cut.LANES) * (1 + registerTrips(plan));
    }

    private static long registerTrips(Plan plan) {
        return held(plan) > MOST_UNROLLED ? held(plan) : 0;
    }

    /** The last step, element by element: of x, dy, and parameters. */
    private static long tailTrips(Plan plan) {
        return registerTrips(plan) + 4L * plan.vectorWidth();
    }

    /** Vectors of blocks that belong together are loaded at once, others lane by lane. */
    private static long mergeTrips(Plan plan, long blocks, long perRun) {
        boolean together = perRun % plan.vectorWidth() == 0 || perRun == blocks;
        long ofLanes = 1 + registerTrips(plan) + (together ? 0 : held(plan) * (1 + 3L * plan.vectorWidth()));
        return ceil(blocks, Cut.LANES) * ofLanes + 3 * registerTrips(plan) + Math.max(8, 2L * plan.vectorWidth());
    }

    private static long columnTrips(Plan plan, Geometry geometry) {
        Columns columns = Columns.of(geometry);
        long ofStrip = Math.min(PlanRules.stripColumns(plan), columns.columns());
        long held = ceil(ofStrip, (long) plan.team() * plan.vectorWidth());
        long ofVector = Columns.TILE_ROWS + 1L + 5L * plan.vectorWidth();
        return ceil(PlanRules.shares(plan, columns).perPart(), plan.teams())
                * (1 + Columns.TILE_ROWS + held * ofVector);
    }

    private static long keepTrips(Plan plan, Geometry geometry) {
        return plan.keepSet()
                ? 2
                        * geometry.rows()
                        * (1
                                + ceil(geometry.width(), (long) PlanRules.members(plan) * plan.vectorWidth())
                                + plan.vectorWidth())
                : 0;
    }

    private static long ceil(long a, long b) {
        return (a + b - 1) / b;
    }
}
