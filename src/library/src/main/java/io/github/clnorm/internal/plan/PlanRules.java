package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Statistics;
import java.util.Optional;

/** Which plans a device can run for a geometry, and how much work one launch may hold. Thread-safe. */
public final class PlanRules {

    /**
     * Loop trips of a work-item must stay below this. Mesa's llvmpipe silently stops a work-item after 65,536 of them,
     * and long loops trip the watchdog of desktop GPUs.
     */
    static final long MAX_TRIPS = 65_000;

    // An integrated GPU normalizes 1e9 elements in a second or more: a launch of these takes it a quarter of a second,
    // where
    // watchdogs wait for two.
    private static final long ELEMENTS_PER_LAUNCH = 1L << 28;
    // A slow device takes up to about this many cycles of a compute unit for an element (llvmpipe, measured); with it a
    // launch stays below about 100 ms.
    private static final long SLOWEST_CYCLES_PER_ELEMENT = 128;
    private static final long LAUNCH_MILLISECONDS = 100;
    private static final long LEAST_ELEMENTS_PER_LAUNCH = 1L << 18;
    // Constants of the kernels (KernelConstantsTest): STRIP, PIVOT_ROWS, and the elements of STRETCH_BLOCKS.
    static final int STRIP_OF_A_TEAM = Cut.LANES;
    static final int VECTORS_OF_ONE = 32;
    static final int PIVOT_ROWS = 16;
    static final long STRETCH = 64L * Cut.BLOCK;

    private PlanRules() {}

    /**
     * Why a plan cannot run.
     *
     * @param plan the plan
     * @param problem what it would compute
     * @param device where
     * @return the reason, or empty when it can run
     */
    public static Optional<String> problem(Plan plan, ForwardProblem problem, DeviceInfo device) {
        if (plan.workGroupSize() > device.maxWorkGroupSize()) {
            return Optional.of("a work-group of " + plan.workGroupSize() + " exceeds the device's limit of "
                    + device.maxWorkGroupSize());
        }
        if (plan.strategy() == Strategy.TILED) {
            return Optional.of("tiles of samples are for gradients");
        }
        if (plan.mergeOnce() && plan.strategy() != Strategy.SPLIT) {
            return Optional.of("only split sets are merged in a launch of its own");
        }
        Geometry geometry = problem.geometry();
        if (plan.strategy() != Strategy.SPLIT && problem.statistics() == Statistics.GIVEN) {
            return Optional.of("given statistics take the strategy split");
        }
        if (plan.strategy() == Strategy.RESIDENT && geometry.acrossRows()) {
            if (plan.keepSet()) {
                return Optional.of("sets across rows are not kept in local memory");
            }
            if (Columns.of(geometry).lanes() > 1 && plan.setsPerTeam() < geometry.groups()) {
                return Optional.of("rows of fewer than " + Cut.LANES + " elements take all sets of a sample together");
            }
        } else if (plan.strategy() == Strategy.RESIDENT && plan.setsPerTeam() > 1) {
            return Optional.of("only sets across rows are taken side by side");
        } else if (plan.strategy() != Strategy.SPLIT && !geometry.alongRows()) {
            return Optional.of("sets across rows take the strategies split or resident");
        }
        if (plan.strategy() == Strategy.SPLIT
                && !plan.mergeOnce()
                && !problem.geometry().alongRows()) {
            return Optional.of("sets across rows are merged in a launch of its own");
        }
        long local = localBytes(plan, problem);
        if (local > device.localMemory()) {
            return Optional.of("it needs " + local + " bytes of local memory, the device has " + device.localMemory());
        }
        long trips = trips(plan, problem);
        if (trips >= MAX_TRIPS) {
            return Optional.of("a work-item would make " + trips + " loop trips, the limit is " + MAX_TRIPS);
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
    public static long localBytes(Plan plan, ForwardProblem problem) {
        long sums =
                2L * plan.workGroupSize() * plan.vectorWidth() * problem.real().bytes() + 4L * plan.teams();
        return sums + momentBytes(plan, problem) + keptBytes(plan, problem);
    }

    /**
     * Local memory for the moments of the sets that a work-group works on at a time.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return bytes; 0 where moments go to global memory
     */
    public static long momentBytes(Plan plan, ForwardProblem problem) {
        return plan.strategy() == Strategy.SPLIT || problem.geometry().acrossRows()
                ? 0
                : 4L
                        * setsAtATime(plan)
                        * Cut.of(problem.geometry()).blocks()
                        * problem.real().bytes();
    }

    /**
     * Local memory for the sets themselves.
     *
     * @param plan the plan
     * @param problem what it computes
     * @return bytes; 0 where they stay in global memory
     */
    public static long keptBytes(Plan plan, ForwardProblem problem) {
        return plan.keepSet()
                ? setsAtATime(plan)
                        * problem.geometry().setSize()
                        * problem.real().bytes()
                : 0;
    }

    /**
     * Sets that a work-group works on at a time.
     *
     * @param plan the plan
     * @return its teams where every team has a set of its own, else 1
     */
    public static int setsAtATime(Plan plan) {
        return plan.strategy() == Strategy.PACKED ? plan.teams() : 1;
    }

    /**
     * How many of the work-items that share a set work on one run of it. The others take the next runs.
     *
     * @param plan the plan
     * @param geometry what it computes
     * @return a power of two, at most those that share a set
     */
    public static int itemsPerRun(Plan plan, Geometry geometry) {
        long vectors = Math.max(1, geometry.run() / plan.vectorWidth());
        long items = Long.highestOneBit(vectors);
        return (int) Math.min(items < vectors ? 2 * items : items, members(plan));
    }

    /**
     * How a sample is shared out among work-groups where work goes across rows: in tiles by strips of columns.
     *
     * @param strips of a long row
     * @param perPart shares that a work-group takes
     * @param parts of a sample
     */
    public record Shares(int strips, long perPart, long parts) {}

    /**
     * The shares of a plan.
     *
     * @param plan the plan
     * @param columns the samples' columns
     * @return how they are shared out; a work-group takes about {@code blocksPerPart} blocks of 1024 elements
     */
    public static Shares shares(Plan plan, Columns columns) {
        int strip = stripColumns(plan);
        long strips = ceil(columns.columns(), strip);
        long all = strips * columns.tiles();
        long ofShare = Math.max(1, (long) Columns.TILE_ROWS * Math.min(strip, columns.columns()) / Cut.BLOCK);
        long perPart = Math.max(1, Math.min(all, plan.blocksPerPart() / ofShare));
        return new Shares((int) strips, perPart, ceil(all, perPart));
    }

    /**
     * How the sets of a sample are shared out among work-groups that take whole sets across rows.
     *
     * @param sets that a work-group takes, at most
     * @param columns of these, in a long row
     * @param strips of these columns
     * @param parts of a sample
     */
    public record SideBySide(int sets, int columns, int strips, int parts) {}

    /**
     * The parts of a plan with the strategy resident.
     *
     * @param plan the plan
     * @param geometry sets across rows
     * @return how the sets of a sample are shared out
     */
    public static SideBySide sideBySide(Plan plan, Geometry geometry) {
        Columns columns = Columns.of(geometry);
        int sets = (int) Math.min(geometry.groups(), plan.setsPerTeam());
        int taken = (int) (columns.columns() / geometry.groups() * sets);
        return new SideBySide(sets, taken, (int) ceil(taken, stripColumns(plan)), (int) ceil(geometry.groups(), sets));
    }

    static int stripColumns(Plan plan) {
        return plan.team() == 1 ? VECTORS_OF_ONE * plan.vectorWidth() : STRIP_OF_A_TEAM;
    }

    /**
     * Elements that one launch may work on.
     *
     * @param device where
     * @return a bound that no display's watchdog notices; on a slow device one that keeps a launch of its compute units at
     *     its clock below about 100 ms
     */
    public static long elementsPerLaunch(DeviceInfo device) {
        if (!Quirks.isSlow(device)) {
            return ELEMENTS_PER_LAUNCH;
        }
        long clock = device.clockMHz() > 0 ? device.clockMHz() : 1000;
        long cycles = Math.max(1, device.computeUnits()) * clock * 1000 * LAUNCH_MILLISECONDS;
        return Math.max(LEAST_ELEMENTS_PER_LAUNCH, cycles / SLOWEST_CYCLES_PER_ELEMENT);
    }

    /** Work-items that share a set. */
    static int members(Plan plan) {
        return plan.strategy() == Strategy.PACKED ? plan.team() : plan.workGroupSize();
    }

    /** An upper bound of the loop trips of one work-item, all loops counted. */
    static long trips(Plan plan, ForwardProblem problem) {
        Geometry geometry = problem.geometry();
        if (plan.strategy() == Strategy.SPLIT) {
            return splitTrips(plan, problem);
        }
        long blocks = Cut.of(geometry).blocks();
        if (geometry.acrossRows()) {
            SideBySide parts = sideBySide(plan, geometry);
            long shares = ceil((long) parts.strips() * Columns.of(geometry).tiles(), plan.teams());
            long ofShare = shareTrips(plan, geometry, parts.columns(), true)
                    + shareTrips(plan, geometry, parts.columns(), false);
            return shares * ofShare + ceil(parts.sets(), plan.teams()) * (1 + mergeTrips(blocks));
        }
        long ofSet = keepTrips(plan, geometry) + mergeTrips(blocks) + affineTrips(plan, geometry, geometry.setSize());
        return plan.strategy() == Strategy.RESIDENT
                ? ofSet + blockTrips(plan, ceil(blocks, plan.teams()))
                : plan.setsPerTeam() * (1 + ofSet + blockTrips(plan, blocks));
    }

    private static long splitTrips(Plan plan, ForwardProblem problem) {
        Geometry geometry = problem.geometry();
        long part = Math.min(geometry.setSize(), (long) plan.blocksPerPart() * Cut.BLOCK);
        long affine =
                geometry.affineAcrossRows() ? columnTrips(plan, geometry, false) : affineTrips(plan, geometry, part);
        if (problem.statistics() == Statistics.GIVEN) {
            return affine;
        }
        long moments = geometry.momentsAcrossRows()
                ? columnTrips(plan, geometry, true)
                : blockTrips(plan, ceil(plan.blocksPerPart(), plan.teams()));
        long merge = mergeTrips(Cut.of(geometry).blocks());
        return Math.max(moments, plan.mergeOnce() ? Math.max(merge, affine) : merge + affine);
    }

    private static long columnTrips(Plan plan, Geometry geometry, boolean moments) {
        Columns columns = Columns.of(geometry);
        return ceil(shares(plan, columns).perPart(), plan.teams())
                * shareTrips(plan, geometry, columns.columns(), moments);
    }

    /** Of a tile by a strip of so many columns, or fewer. Columns out of range are summed twice, the second time row by row. */
    private static long shareTrips(Plan plan, Geometry geometry, long columns, boolean moments) {
        long rows = Math.min(Columns.TILE_ROWS, geometry.rows()) + 1;
        long held = ceil(Math.min(stripColumns(plan), columns), (long) plan.team() * plan.vectorWidth());
        long ofVector = rows + (moments ? PIVOT_ROWS + rows : 0) + 2L * plan.vectorWidth();
        return 1 + rows + held * ofVector;
    }

    private static long keepTrips(Plan plan, Geometry geometry) {
        return plan.keepSet()
                ? geometry.rows()
                        * (1 + ceil(geometry.width(), (long) members(plan) * plan.vectorWidth()) + plan.vectorWidth())
                : 0;
    }

    /** For every block: its steps of 64 elements, the folds over the team, the votes; twice, if it is summed twice. */
    private static long blockTrips(Plan plan, long blocks) {
        long folds = plan.team() == 1 ? 0 : 2 * Long.numberOfTrailingZeros(plan.team());
        long votes = plan.teams() == 1 ? 0 : plan.teams();
        return blocks * (1 + 2 * (1 + Cut.BLOCK / Cut.LANES + folds + votes));
    }

    /** The first pass over the blocks' moments and the second, which may be done twice. */
    private static long mergeTrips(long blocks) {
        return 3 * ceil(blocks, Cut.LANES) + 64;
    }

    /** Vectors four at a time, and the ends of a run, or of a piece of the set, one element at a time. */
    private static long affineTrips(Plan plan, Geometry geometry, long elements) {
        long row = Math.min(elements, geometry.width());
        long rows = ceil(elements, geometry.width()) + 1;
        long stretches = rows * (ceil(row, STRETCH) + 1);
        long ends = stretches * (2 + 2L * plan.vectorWidth());
        if (geometry.run() == 1) {
            return ends + rows * ceil(row, (long) plan.vectorWidth() * members(plan));
        }
        int inRun = itemsPerRun(plan, geometry);
        int atATime = members(plan) / inRun;
        long runs = ceil(ceil(elements, geometry.run()) + stretches, atATime);
        long run = Math.min(elements, geometry.run());
        long endsOfRun = plan.workGroupSize() == 1 ? 2 : ceil(2L * plan.vectorWidth(), inRun);
        return ends + runs * (2 + ceil(run, 4L * plan.vectorWidth() * inRun) + 3 + endsOfRun);
    }

    private static long ceil(long a, long b) {
        return (a + b - 1) / b;
    }
}
