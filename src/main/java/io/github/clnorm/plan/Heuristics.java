package io.github.clnorm.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;
import io.github.clnorm.device.Quirks;
import io.github.clnorm.geometry.Geometry;

/** A good plan without measuring. */
public final class Heuristics {

    // CPU: below this much of a set for a work-group, launching groups costs more than it shares out.
    private static final int CPU_LEAST_PART_BLOCKS = 16;
    // CPU: parts of a set that is shared out, for every compute unit; several, so that none waits long for the last.
    private static final int CPU_PARTS_PER_UNIT = 4;
    // CPU: sets that a work-group takes when sets are small, so that a work-group has this many elements.
    private static final int CPU_PACKED_ELEMENTS = 4096;
    // From this many blocks a set on, merging them costs more in every work-group than a launch of its own.
    private static final int MERGE_ONCE_BLOCKS = 4096;
    // Output larger than the last cache by this factor is written past it.
    private static final int NON_TEMPORAL_CACHES = 1;

    // GPU: work-items of a compute unit that keep it busy, and the sizes that suit reductions.
    private static final int GPU_VECTOR = 4;
    private static final int GPU_WORK_GROUP = 256;
    private static final int GPU_GROUPS_PER_UNIT = 4;

    private Heuristics() {}

    /**
     * Chooses a plan.
     *
     * @param geometry what is computed, not empty
     * @param device where
     * @param largestWorkGroup work-items that a work-group may have, at most
     * @return a plan that {@link PlanRules} allow
     */
    public static Plan plan(Geometry geometry, DeviceInfo device, long largestWorkGroup) {
        boolean likeCpu = device.type() == DeviceType.CPU && !Quirks.prefersWorkItemsToVectors(device);
        return likeCpu ? onCpu(geometry, device) : onGpu(geometry, device, largestWorkGroup);
    }

    /** One work-item a work-group, wide vectors: a core sums a block in four registers of 16 lanes. */
    private static Plan onCpu(Geometry geometry, DeviceInfo device) {
        int width = geometry.run() > 1 && geometry.run() < 16 ? (int) Math.max(4, Long.highestOneBit(geometry.run())) : 16;
        int units = Math.max(1, device.computeUnits());
        boolean past = device.globalCache() > 0
                && geometry.elements() * Float.BYTES > NON_TEMPORAL_CACHES * device.globalCache();
        boolean balanced = geometry.sets() % units == 0 || geometry.sets() >= CPU_PARTS_PER_UNIT * (long) units;
        Plan resident = Plan.resident(1, width).withNonTemporal(past);
        if (balanced) {
            long perUnit = geometry.sets() / (CPU_PARTS_PER_UNIT * (long) units);
            long sets = Math.min(CPU_PACKED_ELEMENTS / Math.max(1, geometry.setSize()), perUnit);
            for (; sets > 1; sets /= 2) {
                Plan packed = Plan.packed(1, width, (int) sets).withNonTemporal(past);
                if (isLegal(packed, geometry, device)) {
                    return packed;
                }
            }
        }
        boolean small = geometry.elements() <= 2L * CPU_LEAST_PART_BLOCKS * Geometry.BLOCK;
        if ((balanced || small) && isLegal(resident, geometry, device)) {
            return resident;
        }
        return split(Plan.split(1, width, 1).withNonTemporal(past), geometry, device,
                CPU_PARTS_PER_UNIT * units, CPU_LEAST_PART_BLOCKS);
    }

    /** Work-groups of several teams with float4; enough work-groups for every compute unit. */
    private static Plan onGpu(Geometry geometry, DeviceInfo device, long largestWorkGroup) {
        int width = geometry.run() > 1 && geometry.run() < GPU_VECTOR || Quirks.prefersWorkItemsToVectors(device)
                ? 1
                : GPU_VECTOR;
        long allowed = Math.min(largestWorkGroup, device.maxWorkGroupSize());
        int group = (int) Long.highestOneBit(Math.max(1, Math.min(GPU_WORK_GROUP, allowed)));
        int units = Math.max(1, device.computeUnits());
        int team = Math.min(group, Plan.LANES / width);
        long wanted = (long) GPU_GROUPS_PER_UNIT * units;
        if (geometry.blocksPerSet() <= 2 && geometry.sets() * team >= wanted * group) {
            Plan packed = Plan.packed(group, width, 1);
            if (isLegal(packed.withKeepSet(true), geometry, device)) {
                return packed.withKeepSet(true);
            }
            if (isLegal(packed, geometry, device)) {
                return packed;
            }
        }
        Plan resident = Plan.resident(group, width);
        if (geometry.sets() >= units || geometry.blocksPerSet() <= 2L * (group / team)) {
            if (isLegal(resident.withKeepSet(true), geometry, device)) {
                return resident.withKeepSet(true);
            }
            if (geometry.sets() >= wanted && isLegal(resident, geometry, device)) {
                return resident;
            }
        }
        return split(Plan.split(group, width, 1), geometry, device, (int) Math.min(Integer.MAX_VALUE, wanted),
                group / team);
    }

    /** Parts of a set so that all sets together make `wanted` parts, none below `least` blocks nor beyond the rules. */
    private static Plan split(Plan like, Geometry geometry, DeviceInfo device, int wanted, int least) {
        long blocks = geometry.blocksPerSet();
        long parts = Math.max(1, (wanted + geometry.sets() - 1) / geometry.sets());
        long perPart = Math.max(Math.min(least, blocks), (blocks + parts - 1) / parts);
        boolean once = blocks >= MERGE_ONCE_BLOCKS;
        for (; ; perPart = Math.max(1, perPart / 2)) {
            Plan plan = new Plan(Strategy.SPLIT, like.workGroupSize(), like.vectorWidth(), (int) perPart, 1, false, once,
                    like.nonTemporal());
            if (perPart == 1 || isLegal(plan, geometry, device)) {
                return plan;
            }
        }
    }

    private static boolean isLegal(Plan plan, Geometry geometry, DeviceInfo device) {
        return PlanRules.problem(plan, geometry, device).isEmpty();
    }
}
