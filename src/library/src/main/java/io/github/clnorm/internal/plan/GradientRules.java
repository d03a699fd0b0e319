package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.GradientCut.Order;
import io.github.clnorm.type.Activation;
import java.util.Optional;

/** Which plans a device can run for the gradients of a geometry. Thread-safe. */
public final class GradientRules {

    // Loops over the registers of a work-item that compilers keep as loops: llvmpipe's does, of 64.
    private static final long MOST_UNROLLED = 16;

    // Columns whose sums fit 32 KiB of local memory beside the rest; on every device, so that plans mean the same.
    private static final long WIDEST_LOCAL_ROW = 2048;
    // Constants of the kernels (KernelConstantsTest).
    static final int END = 16;
    static final int AT_ONCE = 4;

    private GradientRules() {}

    /**
     * Why a plan cannot run.
     *
     * @param plan the plan
     * @param problem what it would compute
     * @param device where
     * @return the reason, or empty when it can run
     */
    public static Optional<String> problem(Plan plan, BackwardProblem problem, DeviceInfo device) {
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
                return Optional.of(
                        "tiles of samples take gradients of every element's own parameters, rows of at least "
                                + Cut.LANES + " elements and work-groups of one team");
            }
        }
        if (plan.mergeOnce() && plan.strategy() != Strategy.RESIDENT && plan.strategy() != Strategy.PACKED) {
            return Optional.of("only work-groups that do whole sets can merge the gradients of parameters themselves");
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
            return Optional.of("a work-item would make " + trips + " loop trips, the limit is " + PlanRules.MAX_TRIPS);
        }
        return Optional.empty();
    }

    /**
     * Whether the launch that takes whole sets makes the gradients of parameters too: a work-group then takes its groups of
     * channels in all samples.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return false where the plan merges in a launch of its own, or no work-group sees all sums of a parameter
     */
    public static boolean withParameters(Plan plan, BackwardProblem problem) {
        return (plan.strategy() == Strategy.RESIDENT || plan.strategy() == Strategy.PACKED)
                && !plan.mergeOnce()
                && problem.parameters()
                && GradientCut.of(problem.geometry()).order() == Order.RUNS;
    }

    /**
     * Whether lone work-items merge the sums of several parameters at a time, one in each lane of a vector.
     *
     * @param plan the plan
     * @param samples that are merged
     * @param cut of the parameters' sums
     * @return false for teams, and for parameters of more sums than there are lanes
     */
    public static boolean sideBySide(Plan plan, long samples, GradientCut cut) {
        return plan.team() == 1 && samples * (cut.blocks() / cut.runs()) <= Cut.LANES;
    }

    /**
     * Local memory of a work-group.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return bytes
     */
    public static long localBytes(Plan plan, BackwardProblem problem) {
        long sums =
                2L * plan.workGroupSize() * plan.vectorWidth() * problem.real().bytes() + 4L * plan.teams();
        long kept = wideColumns(plan, problem) ? problem.real().bytes() : columnBytes(plan, problem);
        return sums + keptBytes(plan, problem) + kept + tileSumBytes(plan, problem);
    }

    /**
     * Whether rows are so wide that a tile keeps the gradients of its parameters in global memory.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return true for more than 2048 columns: those fit the smallest local memory
     */
    public static boolean wideColumns(Plan plan, BackwardProblem problem) {
        return plan.strategy() == Strategy.TILED && problem.geometry().width() > WIDEST_LOCAL_ROW;
    }

    /**
     * Local memory for x and dy of the sets that a work-group works on at a time.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return bytes; 0 where they stay in global memory
     */
    public static long keptBytes(Plan plan, BackwardProblem problem) {
        return plan.keepSet()
                ? 2
                        * PlanRules.setsAtATime(plan)
                        * problem.geometry().setSize()
                        * problem.real().bytes()
                : 0;
    }

    /**
     * Memory for the gradients of a tile's parameters, local or, for {@link #wideColumns}, global.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return bytes; 0 for other strategies
     */
    public static long columnBytes(Plan plan, BackwardProblem problem) {
        return plan.strategy() == Strategy.TILED
                ? 2 * problem.geometry().width() * problem.real().bytes()
                : 0;
    }

    /**
     * Local memory for the sums of a set's blocks.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return bytes; 0 for strategies that keep them in global memory
     */
    public static long tileSumBytes(Plan plan, BackwardProblem problem) {
        return plan.strategy() == Strategy.TILED
                ? 2L
                        * GradientCut.of(problem.geometry()).blocks()
                        * problem.real().bytes()
                : 0;
    }

    /**
     * Blocks of a set that a work-group of the strategy split takes.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return as many as have about {@code blocksPerPart} times 1024 elements
     */
    public static int blocksPerPart(Plan plan, BackwardProblem problem) {
        GradientCut cut = GradientCut.of(problem.geometry());
        long blocks = (long) plan.blocksPerPart() * Cut.BLOCK / cut.elementsOfBlock(problem.geometry());
        return (int) Math.max(1, Math.min(cut.blocks(), blocks));
    }

    /** Work-items that merge: one team, since a larger work-group would do the same once more in each team. */
    private static long held(Plan plan) {
        return Math.max(1, Cut.LANES / ((long) plan.team() * plan.vectorWidth()));
    }

    /** An upper bound of the loop trips of one work-item, all loops of a launch counted. */
    static long trips(Plan plan, BackwardProblem problem, GradientCut cut) {
        Geometry geometry = problem.geometry();
        long most = 0;
        long ofParameter = 0;
        if (problem.parameters()) {
            boolean each = cut.order() == Order.EACH;
            GradientCut merged = each ? GradientCut.ofColumns(geometry) : cut;
            long samples = each ? 1 : geometry.samples();
            ofParameter = parameterTrips(plan, samples, merged);
            if (each && plan.strategy() != Strategy.TILED) {
                most = columnTrips(plan, GradientCut.acrossSamples(geometry));
            }
        }
        if (cut.order() == Order.COLUMNS) {
            long sets = problem.setSums() ? mergeTrips(plan, cut.blocks(), cut.perRun()) : 0;
            return Math.max(Math.max(most, ofParameter), Math.max(sets, columnTrips(plan, geometry)));
        }
        long ofSet = mergeTrips(plan, cut.blocks(), cut.perRun());
        long block = blockTrips(plan, problem.activation(), cut.elementsOfBlock(geometry));
        long sets =
                switch (plan.strategy()) {
                    case SPLIT -> Math.max(
                            problem.setSums() ? ofSet : 0, ceil(blocksPerPart(plan, problem), plan.teams()) * block);
                    case RESIDENT -> keepTrips(plan, geometry) + ofSet + ceil(cut.blocks(), plan.teams()) * block;
                    case PACKED -> plan.setsPerTeam() * (1 + keepTrips(plan, geometry) + ofSet + cut.blocks() * block);
                    case TILED -> Columns.TILE_ROWS
                            * (1
                                    + ofSet
                                    + sumTrips(plan, geometry.width())
                                    + ceil(geometry.width(), 4L * plan.team() * plan.vectorWidth())
                                    + 3
                                    + plan.vectorWidth());
                };
        if (withParameters(plan, problem)) {
            long parameters = (long) PlanRules.setsAtATime(plan) * plan.setsPerTeam() * cut.runs();
            long together = sideBySide(plan, geometry.samples(), cut) ? plan.vectorWidth() : plan.teams();
            return Math.max(most, geometry.samples() * (1 + sets) + ceil(parameters, together) * (1 + ofParameter));
        }
        return Math.max(Math.max(most, ofParameter), sets);
    }

    /** Of the sums of a block and of its dx, with the folds over the team and the ends of the data. */
    private static long blockTrips(Plan plan, Activation activation, long elements) {
        long vectors = ceil(elements, (long) plan.team() * plan.vectorWidth());
        long ends = plan.team() == 1 ? 0 : 2L * plan.vectorWidth();
        long atOnce = activation == Activation.NONE ? AT_ONCE : 1;
        return 4 + sumTrips(plan, elements) + ceil(vectors, atOnce) + AT_ONCE + ends;
    }

    /** Of a parameter's sums, or of as many parameters' as there are lanes in a vector. */
    private static long parameterTrips(Plan plan, long samples, GradientCut cut) {
        return sideBySide(plan, samples, cut)
                ? 3L * (Cut.LANES + 8)
                        + samples * (cut.blocks() / cut.runs()) * (3 + plan.vectorWidth())
                        + 2L * plan.vectorWidth()
                : mergeTrips(plan, samples * (cut.blocks() / cut.runs()), cut.perRun());
    }

    /**
     * Whole steps of 64 elements, and of a block that is shorter than a vector its lanes; registers are many where a
     * work-item holds 64 scalars, and not unrolled.
     */
    private static long sumTrips(Plan plan, long elements) {
        long folds = plan.team() == 1 ? 0 : 2 * Long.numberOfTrailingZeros(plan.team());
        long behind = elements % Cut.BLOCK;
        long lanes = behind > 0 && behind < END ? END : 0;
        return ceil(elements, Cut.BLOCK) * (1 + folds + registerTrips(plan))
                + ceil(elements, Cut.LANES) * (1 + registerTrips(plan))
                + registerTrips(plan)
                + lanes;
    }

    private static long registerTrips(Plan plan) {
        return held(plan) > MOST_UNROLLED ? held(plan) : 0;
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
