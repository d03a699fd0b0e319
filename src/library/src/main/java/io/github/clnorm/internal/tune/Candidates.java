package io.github.clnorm.internal.tune;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.Strategy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which plans are worth trying: those that differ from a good one in one parameter, each over the values that make sense on
 * this kind of device. The search goes from there to the neighbours of what it found.
 */
final class Candidates {

    private static final int[] CPU_WIDTHS = {16, 8, 4};
    private static final int[] GPU_WIDTHS = {4, 2, 1};
    private static final int[] SCALARS = {1};
    private static final int GPU_LEAST_WORK_GROUP = 32;
    private static final int GPU_MOST_WORK_GROUP = 1024;
    // Work-groups in all, for each compute unit, that sharing out aims at.
    private static final int[] PARTS_PER_UNIT = {1, 2, 4, 8, 16};
    private static final int MOST_PART_BLOCKS = 1 << 20;
    private static final int MOST_SETS_PER_TEAM = 1 << 16;
    private static final int MOST_SHARES = 8;
    // A switch that belongs to one strategy alone is off elsewhere.
    private static final String KEEP_SET = "keepSet";
    private static final String MERGE_ONCE = "mergeOnce";

    private final Geometry geometry;
    private final DeviceInfo device;
    private final boolean cpu;
    private final int[] widths;
    private final Predicate<Plan> legal;

    /**
     * The candidates for a geometry.
     *
     * @param legal whether a plan can run here
     */
    Candidates(Geometry geometry, DeviceInfo device, Predicate<Plan> legal) {
        this.geometry = geometry;
        this.device = device;
        this.cpu = Quirks.prefersVectorsToWorkItems(device);
        this.widths = cpu ? CPU_WIDTHS : Quirks.prefersWorkItemsToVectors(device) ? SCALARS : GPU_WIDTHS;
        this.legal = legal;
    }

    /** The legal neighbours of a plan, the most telling first, each once, without the plan. */
    List<Plan> around(Plan plan) {
        Set<Plan> plans = new LinkedHashSet<>();
        switches(plan, plans);
        strategies(plan, plans);
        for (int width : widths) {
            plans.add(with(plan, Map.of("vectorWidth", width)));
        }
        for (int group : workGroups()) {
            plans.add(with(plan, Map.of("workGroupSize", group)));
        }
        plans.remove(plan);
        return plans.stream().filter(legal).toList();
    }

    /** Each switch the other way: those that plans have today, and those they will have. */
    private void switches(Plan plan, Set<Plan> plans) {
        for (String name : PlanParts.switches()) {
            boolean wholeSets = plan.strategy() == Strategy.RESIDENT || plan.strategy() == Strategy.PACKED;
            if (!name.equals(KEEP_SET) || wholeSets && !cpu) {
                plans.add(with(plan, Map.of(name, !(Boolean) PlanParts.of(plan).get(name))));
            }
        }
    }

    /** The other strategies, and other shares of the same. */
    private void strategies(Plan plan, Set<Plan> plans) {
        for (int sets : setsSideBySide()) {
            plans.add(of(plan, Strategy.RESIDENT, 1, sets));
        }
        for (int blocks : blocksPerPart(plan)) {
            Plan split = of(plan, Strategy.SPLIT, blocks, 1);
            plans.add(split);
            if (!legal.test(split)) {
                // Sets across rows are merged in a launch of its own.
                plans.add(split.withMergeOnce(true));
            }
        }
        for (int sets : setsPerTeam(plan)) {
            plans.add(of(plan, Strategy.PACKED, 1, sets));
        }
        plans.add(of(plan, Strategy.TILED, 1, 1));
    }

    private static Plan of(Plan plan, Strategy strategy, int blocksPerPart, int setsPerTeam) {
        Map<String, Object> changes = new LinkedHashMap<>();
        changes.put("strategy", strategy);
        changes.put("blocksPerPart", blocksPerPart);
        changes.put("setsPerTeam", setsPerTeam);
        if (strategy != Strategy.RESIDENT && strategy != Strategy.PACKED) {
            changes.put(KEEP_SET, false);
        }
        if (strategy != Strategy.SPLIT) {
            changes.put(MERGE_ONCE, false);
        }
        return with(plan, changes);
    }

    private static Plan with(Plan plan, Map<String, ?> changes) {
        return PlanParts.with(plan, changes);
    }

    /** So that there are some work-groups for each compute unit; and near the plan's own. */
    private Set<Integer> blocksPerPart(Plan plan) {
        Set<Integer> values = new LinkedHashSet<>();
        if (plan.strategy() == Strategy.SPLIT) {
            around(plan.blocksPerPart(), MOST_PART_BLOCKS, values);
        }
        long cutApart = geometry.alongRows() ? geometry.sets() : geometry.samples();
        long blocks = ceil(geometry.elements() / cutApart, Cut.BLOCK);
        for (int perUnit : PARTS_PER_UNIT) {
            long parts = ceil((long) perUnit * units(), cutApart);
            values.add((int) Math.max(1, Math.min(MOST_PART_BLOCKS, ceil(blocks, parts))));
        }
        return values;
    }

    /** One work-group for a sample's sets, or for a share of them, where sets lie across rows; else one for each set. */
    private Set<Integer> setsSideBySide() {
        Set<Integer> values = new LinkedHashSet<>();
        for (int shares = 1; geometry.acrossRows() && shares <= MOST_SHARES; shares *= 2) {
            values.add((int) Math.max(1, Math.min(MOST_SETS_PER_TEAM, geometry.groups() / shares)));
        }
        values.add(1);
        return values;
    }

    private Set<Integer> setsPerTeam(Plan plan) {
        Set<Integer> values = new LinkedHashSet<>();
        if (plan.strategy() == Strategy.PACKED) {
            around(plan.setsPerTeam(), MOST_SETS_PER_TEAM, values);
        }
        for (int perUnit : PARTS_PER_UNIT) {
            long sets = geometry.sets() / ((long) perUnit * units() * plan.teams());
            // One set after another is what resident does, but where a work-group has several teams.
            if (sets > 1 || plan.teams() > 1) {
                values.add((int) Math.max(1, Math.min(MOST_SETS_PER_TEAM, sets)));
            }
        }
        return values;
    }

    private static void around(int value, int most, Set<Integer> values) {
        for (int other : new int[] {value / 2, 2 * value, value / 4, 4 * value}) {
            if (other >= 1 && other <= most) {
                values.add(other);
            }
        }
    }

    private List<Integer> workGroups() {
        List<Integer> sizes = new ArrayList<>();
        if (!cpu) {
            int most = Math.min(GPU_MOST_WORK_GROUP, device.maxWorkGroupSize());
            for (int size = GPU_LEAST_WORK_GROUP; size <= most; size *= 2) {
                sizes.add(size);
            }
        }
        return sizes;
    }

    private long units() {
        return Math.max(1, device.computeUnits());
    }

    private static long ceil(long a, long b) {
        return (a + b - 1) / b;
    }
}
