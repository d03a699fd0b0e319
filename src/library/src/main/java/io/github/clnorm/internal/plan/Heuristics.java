package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Statistics;

/** A good plan without measuring. Thread-safe. */
public final class Heuristics {

    // CPU: below this much of a set for a work-group, launching groups costs more than it shares out.
    private static final int CPU_LEAST_PART_BLOCKS = 16;
    // CPU: parts of a set that is shared out, for every compute unit; several, so that none waits long for the last.
    private static final int CPU_PARTS_PER_UNIT = 4;
    // CPU: sets that a work-group takes when sets are small, so that a work-group has this many elements.
    private static final int CPU_PACKED_ELEMENTS = 4096;
    // CPU: what stays in the cache of one core.
    private static final long CPU_CACHE_BYTES = 1 << 20;
    private static final long MOST_SETS = 1 << 20;
    // From this many blocks a set on, merging them costs more in every work-group than a launch of its own.
    private static final int MERGE_ONCE_BLOCKS = 4096;
    // Output larger than the last cache by this factor is written past it.
    private static final int NON_TEMPORAL_CACHES = 1;

    // CPU: the widest vector, and how many columns a row must have so that a vector cut off at its end does not matter.
    private static final int CPU_VECTOR = 16;
    private static final int CPU_WIDE_ROW = 256;
    // More than that a work-group never takes; smaller parts spread better.
    private static final long MOST_PART_BLOCKS = 1 << 20;

    // GPU: work-items of a compute unit that keep it busy, and the sizes that suit reductions.
    private static final int GPU_VECTOR = 4;
    private static final int GPU_WORK_GROUP = 256;
    private static final int GPU_GROUPS_PER_UNIT = 4;

    private Heuristics() {}

    /**
     * Chooses a plan.
     *
     * @param problem what is computed, not empty
     * @param device where
     * @param largestWorkGroup work-items that a work-group may have, at most
     * @return a plan that {@link PlanRules} allow
     */
    public static Plan plan(ForwardProblem problem, DeviceInfo device, long largestWorkGroup) {
        return Quirks.prefersVectorsToWorkItems(device)
                ? onCpu(problem, device)
                : onGpu(problem, device, largestWorkGroup);
    }

    /** One work-item a work-group, wide vectors: a core sums a block in four registers of 16 lanes. */
    private static Plan onCpu(ForwardProblem problem, DeviceInfo device) {
        Geometry geometry = problem.geometry();
        int units = Math.max(1, device.computeUnits());
        boolean past = Quirks.prefersStreamingStores(device)
                && device.globalCache() > 0
                && geometry.elements() * problem.type().bytes() > NON_TEMPORAL_CACHES * device.globalCache();
        if (!standsAlone(problem)) {
            // Small samples stay in a core's cache from their moments to their results.
            Plan samples = Plan.residentAcross(1, cpuVector(geometry), (int) Math.min(geometry.groups(), MOST_SETS))
                    .withNonTemporal(past);
            boolean shared = geometry.samples() % units == 0 || geometry.samples() >= CPU_PARTS_PER_UNIT * (long) units;
            boolean fits =
                    geometry.elements() / geometry.samples() * problem.type().bytes() <= CPU_CACHE_BYTES;
            if (geometry.acrossRows() && shared && fits && isLegal(samples, problem, device)) {
                return samples;
            }
            Plan like = Plan.split(1, cpuVector(geometry), 1).withNonTemporal(past);
            return split(like, problem, device, CPU_PARTS_PER_UNIT * units, CPU_LEAST_PART_BLOCKS);
        }
        int width = cpuVector(geometry);
        boolean balanced = geometry.sets() % units == 0 || geometry.sets() >= CPU_PARTS_PER_UNIT * (long) units;
        Plan resident = Plan.resident(1, width).withNonTemporal(past);
        if (balanced) {
            long perUnit = geometry.sets() / (CPU_PARTS_PER_UNIT * (long) units);
            long sets = Math.min(CPU_PACKED_ELEMENTS / Math.max(1, geometry.setSize()), perUnit);
            for (; sets > 1; sets /= 2) {
                Plan packed = Plan.packed(1, width, (int) sets).withNonTemporal(past);
                if (isLegal(packed, problem, device)) {
                    return packed;
                }
            }
        }
        boolean small = geometry.elements() <= 2L * CPU_LEAST_PART_BLOCKS * Cut.BLOCK;
        if ((balanced || small) && isLegal(resident, problem, device)) {
            return resident;
        }
        return split(
                Plan.split(1, width, 1).withNonTemporal(past),
                problem,
                device,
                CPU_PARTS_PER_UNIT * units,
                CPU_LEAST_PART_BLOCKS);
    }

    /** The widest vector, but not much wider than a run, and one that fills narrow rows. */
    private static int cpuVector(Geometry geometry) {
        if (!geometry.alongRows()) {
            int columns = Columns.of(geometry).columns();
            return columns >= CPU_WIDE_ROW
                    ? CPU_VECTOR
                    : Math.max(4, Math.min(CPU_VECTOR, Integer.lowestOneBit(columns)));
        }
        return geometry.run() > 1 && geometry.run() < CPU_VECTOR
                ? (int) Math.max(4, Long.highestOneBit(geometry.run()))
                : CPU_VECTOR;
    }

    /** Work-groups of several teams with float4; enough work-groups for every compute unit. */
    private static Plan onGpu(ForwardProblem problem, DeviceInfo device, long largestWorkGroup) {
        Geometry geometry = problem.geometry();
        long narrow =
                geometry.alongRows() ? geometry.run() : Columns.of(geometry).columns() % GPU_VECTOR == 0 ? 1 : 2;
        int width = narrow > 1 && narrow < GPU_VECTOR || Quirks.prefersWorkItemsToVectors(device) ? 1 : GPU_VECTOR;
        long allowed = Math.min(largestWorkGroup, device.maxWorkGroupSize());
        int group = (int) Long.highestOneBit(Math.max(1, Math.min(GPU_WORK_GROUP, allowed)));
        // The teams' sums must fit in local memory, and leave some to a compute unit's other work-groups.
        while (group > 1 && PlanRules.localBytes(Plan.split(group, width, 1), problem) > device.localMemory() / 2) {
            group /= 2;
        }
        int units = Math.max(1, device.computeUnits());
        int team = Math.min(group, Cut.LANES / width);
        int teams = group / team;
        long wanted = (long) GPU_GROUPS_PER_UNIT * units;
        int wantedParts = (int) Math.min(Integer.MAX_VALUE, wanted);
        if (!standsAlone(problem)) {
            return split(Plan.split(group, width, 1), problem, device, wantedParts, teams);
        }
        int blocks = Cut.of(geometry).blocks();
        if (blocks <= 2 && geometry.sets() * team >= wanted * group) {
            Plan packed = Plan.packed(group, width, 1);
            if (isLegal(packed.withKeepSet(true), problem, device)) {
                return packed.withKeepSet(true);
            }
            if (isLegal(packed, problem, device)) {
                return packed;
            }
        }
        Plan resident = Plan.resident(group, width);
        if (geometry.sets() >= units || blocks <= 2L * teams) {
            if (isLegal(resident.withKeepSet(true), problem, device)) {
                return resident.withKeepSet(true);
            }
            if (geometry.sets() >= wanted && isLegal(resident, problem, device)) {
                return resident;
            }
        }
        return split(Plan.split(group, width, 1), problem, device, wantedParts, teams);
    }

    /** Whether a work-group can do whole sets. */
    private static boolean standsAlone(ForwardProblem problem) {
        return problem.geometry().alongRows() && problem.statistics() != Statistics.GIVEN;
    }

    /** Parts of the sets so that there are `wanted` in all, none below `least` blocks nor beyond the rules. */
    private static Plan split(Plan like, ForwardProblem problem, DeviceInfo device, int wanted, int least) {
        Geometry geometry = problem.geometry();
        boolean along = geometry.alongRows();
        long cutApart = along ? geometry.sets() : geometry.samples();
        long blocks = (geometry.elements() / cutApart + Cut.BLOCK - 1) / Cut.BLOCK;
        long parts = Math.max(1, (wanted + cutApart - 1) / cutApart);
        long perPart = Math.max(Math.min(least, blocks), (blocks + parts - 1) / parts);
        boolean once = !along || Cut.of(geometry).blocks() >= MERGE_ONCE_BLOCKS;
        for (perPart = Math.min(perPart, MOST_PART_BLOCKS); ; perPart = Math.max(1, perPart / 2)) {
            Plan plan = new Plan(
                    Strategy.SPLIT,
                    like.workGroupSize(),
                    like.vectorWidth(),
                    (int) perPart,
                    1,
                    false,
                    once,
                    like.nonTemporal());
            if (perPart == 1 || isLegal(plan, problem, device)) {
                return plan;
            }
        }
    }

    private static boolean isLegal(Plan plan, ForwardProblem problem, DeviceInfo device) {
        return PlanRules.problem(plan, problem, device).isEmpty();
    }
}
