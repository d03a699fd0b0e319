package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.GradientCut.Order;
import java.util.ArrayList;
import java.util.List;

/** A good plan for gradients without measuring. Thread-safe. */
public final class GradientHeuristics {

    // CPU: parts of the work for every compute unit, so that none waits long for the last.
    private static final int CPU_PARTS_PER_UNIT = 4;
    // CPU: sets that a work-group takes when sets are small, so that a work-group has this many elements.
    private static final int CPU_PACKED_ELEMENTS = 4096;
    // CPU: the same where that fills vectors with the parameters that a work-group merges.
    private static final int CPU_MERGED_ELEMENTS = 1 << 17;
    // Below this much of a set for a work-group, launching groups costs more than it shares out.
    private static final int LEAST_PART_BLOCKS = 8;
    private static final int CPU_VECTOR = 16;
    private static final int CPU_WIDE_ROW = 256;

    // GPU: as forward.
    private static final int GPU_VECTOR = 4;
    private static final int GPU_WORK_GROUP = 256;
    private static final int GPU_GROUPS_PER_UNIT = 4;

    private GradientHeuristics() {}

    /**
     * Chooses a plan.
     *
     * @param problem what is computed, not empty
     * @param device where
     * @param largestWorkGroup work-items that a work-group may have, at most
     * @return a plan that {@link GradientRules} allow, if there is one
     */
    public static Plan plan(BackwardProblem problem, DeviceInfo device, long largestWorkGroup) {
        List<Plan> candidates = Quirks.prefersVectorsToWorkItems(device)
                ? onCpu(problem, device)
                : onGpu(problem, device, largestWorkGroup);
        return candidates.stream()
                .filter(plan -> GradientRules.problem(plan, problem, device).isEmpty())
                .findFirst()
                .orElse(candidates.get(candidates.size() - 1));
    }

    /** The best first. */
    private static List<Plan> onCpu(BackwardProblem problem, DeviceInfo device) {
        Geometry geometry = problem.geometry();
        GradientCut cut = GradientCut.of(geometry);
        long units = Math.max(1, device.computeUnits());
        int width = cpuVector(geometry, cut);
        boolean past = Quirks.prefersStreamingStores(device)
                && device.globalCache() > 0
                && geometry.elements() * problem.type().bytes() > device.globalCache();
        List<Plan> plans = new ArrayList<>();
        long tiles = ceil(geometry.samples(), Columns.TILE_ROWS) * geometry.groups();
        if (cut.order() == Order.EACH && problem.parameters() && tiles >= units) {
            plans.add(Plan.tiled(1, width).withNonTemporal(past));
        }
        boolean small = geometry.elements() <= 2L * LEAST_PART_BLOCKS * Cut.BLOCK;
        // One launch for everything, where groups of all samples are as easy to share out as sets.
        if (cut.order() == Order.RUNS && problem.parameters() && (small || balanced(geometry.groups(), units))) {
            addWholeSets(
                    plans,
                    geometry.groups(),
                    geometry.samples() * geometry.setSize(),
                    units,
                    width,
                    past,
                    geometry.width() / geometry.run());
        }
        if (small || balanced(geometry.sets(), units)) {
            addWholeSets(plans, geometry.sets(), geometry.setSize(), units, width, past, 0);
        }
        addSplits(plans, Plan.split(1, width, 1).withNonTemporal(past), problem, CPU_PARTS_PER_UNIT * units);
        addSplits(plans, Plan.split(1, 1, 1), problem, CPU_PARTS_PER_UNIT * units);
        // Merging very many blocks takes a team.
        addSplits(plans, Plan.split(fitting(Cut.LANES, device), 1, 1), problem, CPU_PARTS_PER_UNIT * units);
        return plans;
    }

    /** Whether so many equal shares keep all units busy. */
    private static boolean balanced(long shares, long units) {
        return shares % units == 0 || shares >= CPU_PARTS_PER_UNIT * units;
    }

    /**
     * Work-groups of one set, or of one group in all samples, or of several where they are small.
     *
     * @param shares how many there are
     * @param elements of each
     * @param parameters of each that the work-group merges side by side, as many as fit a vector; 0 where another launch does
     */
    private static void addWholeSets(
            List<Plan> plans, long shares, long elements, long units, int width, boolean past, long parameters) {
        long perUnit = shares / (CPU_PARTS_PER_UNIT * units);
        long small = CPU_PACKED_ELEMENTS / Math.max(1, elements);
        long filled =
                parameters == 0 ? 0 : Math.min(ceil(width, parameters), CPU_MERGED_ELEMENTS / Math.max(1, elements));
        boolean mergeOnce = parameters == 0;
        for (long sets = Math.min(Math.max(small, filled), perUnit); sets > 1; sets /= 2) {
            plans.add(Plan.packed(1, width, (int) sets).withMergeOnce(mergeOnce).withNonTemporal(past));
        }
        plans.add(Plan.resident(1, width).withMergeOnce(mergeOnce).withNonTemporal(past));
    }

    private static int cpuVector(Geometry geometry, GradientCut cut) {
        if (cut.order() == Order.COLUMNS) {
            int columns = Columns.of(geometry).columns();
            return columns >= CPU_WIDE_ROW
                    ? CPU_VECTOR
                    : Math.max(4, Math.min(CPU_VECTOR, Integer.lowestOneBit(columns)));
        }
        long length = cut.order() == Order.EACH ? geometry.width() : geometry.run();
        return length < CPU_VECTOR ? (int) Math.max(4, Long.highestOneBit(length)) : CPU_VECTOR;
    }

    private static List<Plan> onGpu(BackwardProblem problem, DeviceInfo device, long largestWorkGroup) {
        Geometry geometry = problem.geometry();
        GradientCut cut = GradientCut.of(geometry);
        int width = Quirks.prefersWorkItemsToVectors(device) ? 1 : GPU_VECTOR;
        int group = fitting(Math.min(GPU_WORK_GROUP, largestWorkGroup), device);
        while (group > 1 && GradientRules.localBytes(Plan.split(group, width, 1), problem) > device.localMemory() / 2) {
            group /= 2;
        }
        long wanted = (long) GPU_GROUPS_PER_UNIT * Math.max(1, device.computeUnits());
        int team = Math.min(group, Cut.LANES / width);
        int teams = group / team;
        List<Plan> plans = new ArrayList<>();
        if (cut.blocks() <= 2 && geometry.sets() * team >= wanted * group) {
            plans.add(Plan.packed(group, width, 1).withKeepSet(true).withMergeOnce(true));
            plans.add(Plan.packed(group, width, 1).withMergeOnce(true));
        }
        if (geometry.sets() >= Math.max(1, device.computeUnits()) || cut.blocks() <= 2L * teams) {
            plans.add(Plan.resident(group, width).withKeepSet(true).withMergeOnce(true));
            if (geometry.sets() >= wanted) {
                plans.add(Plan.resident(group, width).withMergeOnce(true));
            }
        }
        addSplits(plans, Plan.split(group, width, 1), problem, wanted);
        addSplits(plans, Plan.split(Math.min(group, Cut.LANES), 1, 1), problem, wanted);
        // A lone work-item that merges very many blocks takes them in vectors.
        addSplits(plans, Plan.split(1, CPU_VECTOR, 1), problem, wanted);
        return plans;
    }

    /** Parts of the sets so that there are about `wanted` in all; then ever smaller ones, for devices that count trips. */
    private static void addSplits(List<Plan> plans, Plan like, BackwardProblem problem, long wanted) {
        Geometry geometry = problem.geometry();
        boolean across = GradientCut.of(geometry).order() == Order.COLUMNS;
        long cutApart = across ? geometry.samples() : geometry.sets();
        long blocks = ceil(geometry.elements() / cutApart, Cut.BLOCK);
        long parts = Math.max(1, ceil(wanted, cutApart));
        long perPart = Math.max(Math.min(LEAST_PART_BLOCKS, blocks), ceil(blocks, parts));
        for (perPart = Math.min(perPart, 1 << 20); perPart >= 1; perPart /= 2) {
            plans.add(new Plan(
                    Strategy.SPLIT,
                    like.workGroupSize(),
                    like.vectorWidth(),
                    (int) perPart,
                    1,
                    false,
                    false,
                    like.nonTemporal()));
        }
    }

    private static int fitting(long workGroupSize, DeviceInfo device) {
        return (int) Long.highestOneBit(Math.max(1, Math.min(workGroupSize, device.maxWorkGroupSize())));
    }

    private static long ceil(long a, long b) {
        return (a + b - 1) / b;
    }
}
