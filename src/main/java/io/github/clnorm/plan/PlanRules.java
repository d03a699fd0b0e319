package io.github.clnorm.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.geometry.Geometry;
import java.util.Optional;

/** Which plans a device can run for a geometry, and how much work one launch may hold. */
public final class PlanRules {

    /**
     * Loop trips of a work-item must stay below this. Mesa's llvmpipe silently stops a work-item after 65,536 of them,
     * and long loops trip the watchdog of desktop GPUs.
     */
    static final long MAX_TRIPS = 65_000;

    // A slow device takes up to about this many cycles of a compute unit for an element (llvmpipe, measured); with it a
    // launch stays below about 100 ms.
    private static final long SLOWEST_CYCLES_PER_ELEMENT = 128;
    private static final long LAUNCH_MILLISECONDS = 100;
    private static final long LEAST_ELEMENTS_PER_LAUNCH = 1L << 18;
    private static final int BYTES_PER_REAL = Float.BYTES;

    private PlanRules() {}

    /**
     * Why a plan cannot run.
     *
     * @param plan the plan
     * @param geometry what it would compute
     * @param device where
     * @return the reason, or empty when it can run
     */
    public static Optional<String> problem(Plan plan, Geometry geometry, DeviceInfo device) {
        if (plan.workGroupSize() > device.maxWorkGroupSize()) {
            return Optional.of("a work-group of " + plan.workGroupSize() + " exceeds the device's limit of "
                    + device.maxWorkGroupSize());
        }
        long local = localBytes(plan, geometry);
        if (local > device.localMemory()) {
            return Optional.of(
                    "it needs " + local + " bytes of local memory, the device has " + device.localMemory());
        }
        long trips = trips(plan, geometry);
        if (trips >= MAX_TRIPS) {
            return Optional.of("a work-item would make " + trips + " loop trips, the limit is " + MAX_TRIPS);
        }
        return Optional.empty();
    }

    /**
     * Local memory of a work-group.
     *
     * @param plan the plan
     * @param geometry what it computes
     * @return bytes
     */
    public static long localBytes(Plan plan, Geometry geometry) {
        long sums = 2L * plan.workGroupSize() * plan.vectorWidth() * BYTES_PER_REAL + 4L * plan.teams();
        return sums + momentBytes(plan, geometry) + keptBytes(plan, geometry);
    }

    /**
     * Local memory for the moments of the sets that a work-group works on at a time.
     *
     * @param plan the plan
     * @param geometry what it computes
     * @return bytes; 0 where moments go to global memory
     */
    public static long momentBytes(Plan plan, Geometry geometry) {
        return plan.strategy() == Strategy.SPLIT
                ? 0
                : 4L * setsAtATime(plan) * geometry.blocksPerSet() * BYTES_PER_REAL;
    }

    /**
     * Local memory for the sets themselves.
     *
     * @param plan the plan
     * @param geometry what it computes
     * @return bytes; 0 where they stay in global memory
     */
    public static long keptBytes(Plan plan, Geometry geometry) {
        return plan.keepSet() ? setsAtATime(plan) * geometry.setSize() * BYTES_PER_REAL : 0;
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
     * Elements that one launch may work on.
     *
     * @param device where
     * @return a bound that keeps a launch below about 100 ms on a slow device of that many compute units and that clock
     */
    public static long elementsPerLaunch(DeviceInfo device) {
        long clock = device.clockMHz() > 0 ? device.clockMHz() : 1000;
        long cycles = Math.max(1, device.computeUnits()) * clock * 1000 * LAUNCH_MILLISECONDS;
        return Math.max(LEAST_ELEMENTS_PER_LAUNCH, cycles / SLOWEST_CYCLES_PER_ELEMENT);
    }

    /** Work-items that share a set. */
    private static int members(Plan plan) {
        return plan.strategy() == Strategy.PACKED ? plan.team() : plan.workGroupSize();
    }

    /** An upper bound of the loop trips of one work-item, all loops counted. */
    static long trips(Plan plan, Geometry geometry) {
        long blocks = geometry.blocksPerSet();
        return switch (plan.strategy()) {
            case RESIDENT -> keepTrips(plan, geometry)
                    + blockTrips(plan, ceil(blocks, plan.teams()))
                    + mergeTrips(blocks)
                    + affineTrips(plan, geometry, geometry.setSize());
            case PACKED -> plan.setsPerTeam()
                    * (1 + keepTrips(plan, geometry)
                            + blockTrips(plan, blocks)
                            + mergeTrips(blocks)
                            + affineTrips(plan, geometry, geometry.setSize()));
            case SPLIT -> Math.max(
                    blockTrips(plan, ceil(plan.blocksPerPart(), plan.teams())),
                    mergeTrips(blocks)
                            + affineTrips(
                                    plan,
                                    geometry,
                                    Math.min(geometry.setSize(), (long) plan.blocksPerPart() * Geometry.BLOCK)));
        };
    }

    private static long keepTrips(Plan plan, Geometry geometry) {
        return plan.keepSet() ? ceil(geometry.setSize(), (long) members(plan) * plan.vectorWidth()) + plan.vectorWidth() : 0;
    }

    /** For every block: its steps of 64 elements, the folds over the team, the votes; twice, if it is summed twice. */
    private static long blockTrips(Plan plan, long blocks) {
        long folds = plan.team() == 1 ? 0 : 2 * Long.numberOfTrailingZeros(plan.team());
        long votes = plan.teams() == 1 ? 0 : plan.teams();
        return blocks * (1 + 2 * (1 + Geometry.BLOCK / Plan.LANES + folds + votes));
    }

    /** The first pass over the blocks' moments and the second, which may be done twice. */
    private static long mergeTrips(long blocks) {
        return 3 * ceil(blocks, Plan.LANES) + 64;
    }

    /** Vectors four at a time, and the ends of a run one element at a time. */
    private static long affineTrips(Plan plan, Geometry geometry, long elements) {
        if (geometry.run() == 1) {
            return ceil(elements, (long) plan.vectorWidth() * members(plan)) + 2L * plan.vectorWidth();
        }
        int inRun = itemsPerRun(plan, geometry);
        int rows = members(plan) / inRun;
        long runs = ceil(ceil(elements, geometry.run()) + 1, rows);
        long run = Math.min(elements, geometry.run());
        long ofRun = ceil(run, 4L * plan.vectorWidth() * inRun) + 3 + ceil(2L * plan.vectorWidth(), inRun);
        return runs * (1 + ofRun);
    }

    private static long ceil(long a, long b) {
        return (a + b - 1) / b;
    }
}
