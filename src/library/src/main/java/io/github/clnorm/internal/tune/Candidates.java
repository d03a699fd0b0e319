package io.github.clnorm.internal.tune;

import static io.github.clnorm.internal.geometry.Divide.ceil;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.plan.PackedPlan;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.ResidentPlan;
import io.github.clnorm.internal.plan.SecondRead;
import io.github.clnorm.internal.plan.SplitPlan;
import io.github.clnorm.internal.plan.TiledPlan;
import io.github.clnorm.internal.plan.WholeSetsPlan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * The plans that the tuner tries: those that differ from a good one in one parameter, each over the values that suit this
 * kind of device. The search continues with the neighbours of the best of them.
 */
final class Candidates {

    private static final int GPU_LEAST_WORK_GROUP = 32;
    private static final int GPU_MOST_WORK_GROUP = 1024;
    // Work-groups for each compute unit that the candidates have.
    private static final int[] PARTS_PER_UNIT = {1, 2, 4, 8, 16};
    private static final int MOST_PART_BLOCKS = 1 << 20;
    private static final int MOST_SETS_PER_TEAM = 1 << 16;
    private static final int MOST_SHARES = 8;

    private final Geometry geometry;
    private final DeviceInfo device;
    private final boolean cpu;
    private final List<Integer> widths;
    private final Predicate<Plan> legal;
    private final ToDoubleFunction<Plan> predicted;

    /**
     * The candidates for a geometry.
     *
     * @param legal whether a plan can run here
     * @param predicted the predicted time of a plan that can; the same for all if there is no prediction
     */
    Candidates(Geometry geometry, DeviceInfo device, Predicate<Plan> legal, ToDoubleFunction<Plan> predicted) {
        this.geometry = geometry;
        this.device = device;
        this.cpu = Quirks.prefersVectorsToWorkItems(device);
        this.widths = Quirks.vectorWidths(device);
        this.legal = legal;
        this.predicted = predicted;
    }

    /** The legal neighbours of a plan, the most promising first, each once, without the plan. */
    List<Plan> around(Plan plan) {
        Set<Plan> plans = new LinkedHashSet<>();
        addSwitched(plan, plans);
        addStrategies(plan, plans);
        for (int width : widths) {
            plans.add(plan.withVectorWidth(width));
        }
        for (int group : workGroups()) {
            plans.add(plan.withWorkGroupSize(group));
        }
        plans.remove(plan);
        return plans.stream()
                .filter(legal)
                .sorted(Comparator.comparingDouble(predicted))
                .toList();
    }

    /**
     * Each switch of the plan the other way, and the other values of the second read. Local memory of a CPU is memory like
     * any other: nothing is kept there.
     */
    private void addSwitched(Plan plan, Set<Plan> plans) {
        if (plan instanceof WholeSetsPlan whole) {
            if (!cpu) {
                for (SecondRead from : SecondRead.values()) {
                    plans.add(whole.withSecondRead(from));
                }
                addInRegisters(whole, plans);
            }
            plans.add(whole.withParameterLaunch(!whole.parameterLaunch()));
        }
        if (plan instanceof SplitPlan split) {
            plans.add(split.withMergeLaunch(!split.mergeLaunch()));
            plans.add(split.withTurns(2 * split.turns()));
            plans.add(split.withTurns(Math.max(1, split.turns() / 2)));
        }
        plans.add(plan.withNonTemporal(!plan.nonTemporal()));
    }

    /** Sets in registers, by scalars: vectors leave few registers. A work-group that holds a set, or some small ones. */
    private void addInRegisters(WholeSetsPlan plan, Set<Plan> plans) {
        Plan scalars = plan.withSecondRead(SecondRead.REGISTERS).withVectorWidth(1);
        for (int group : workGroups()) {
            Plan held = scalars.withWorkGroupSize(group);
            if (legal.test(held)) {
                plans.add(held);
                return;
            }
        }
    }

    /** The other strategies, and other shares of the plan's own. */
    private void addStrategies(Plan plan, Set<Plan> plans) {
        int group = plan.workGroupSize();
        int width = plan.vectorWidth();
        boolean bypass = plan.nonTemporal();
        SecondRead from = plan instanceof WholeSetsPlan whole ? whole.secondRead() : SecondRead.GLOBAL;
        for (int sets : setsSideBySide()) {
            plans.add(new ResidentPlan(group, width, sets, from, false, bypass));
        }
        for (int blocks : blocksPerPart(plan)) {
            SplitPlan split = new SplitPlan(group, width, blocks, mergesOnce(plan), turns(plan), bypass);
            plans.add(split);
            if (!legal.test(split)) {
                // Sets across rows need the launch for merging.
                plans.add(split.withMergeLaunch(true));
            }
        }
        for (int sets : setsPerTeam(plan)) {
            plans.add(new PackedPlan(group, width, sets, from, false, bypass));
        }
        plans.add(new TiledPlan(group, width, bypass));
    }

    private static int turns(Plan plan) {
        return plan instanceof SplitPlan split ? split.turns() : 1;
    }

    private static boolean mergesOnce(Plan plan) {
        return plan instanceof SplitPlan split
                ? split.mergeLaunch()
                : plan instanceof WholeSetsPlan whole && whole.parameterLaunch();
    }

    /** Parts that give some work-groups for each compute unit, and parts near those of the plan. */
    private Set<Integer> blocksPerPart(Plan plan) {
        Set<Integer> values = new LinkedHashSet<>();
        if (plan instanceof SplitPlan split) {
            around(split.blocksPerPart(), MOST_PART_BLOCKS, values);
        }
        long cutApart = geometry.alongRows() ? geometry.sets() : geometry.samples();
        long blocks = ceil(geometry.elements() / cutApart, Cut.BLOCK);
        for (int perUnit : PARTS_PER_UNIT) {
            long parts = ceil((long) perUnit * units(), cutApart);
            values.add((int) Math.max(1, Math.min(MOST_PART_BLOCKS, ceil(blocks, parts))));
        }
        return values;
    }

    /** Across rows, one work-group for all sets of a sample or for a part of them; else one for each set. */
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
        if (plan instanceof PackedPlan packed) {
            around(packed.setsPerTeam(), MOST_SETS_PER_TEAM, values);
        }
        for (int perUnit : PARTS_PER_UNIT) {
            long sets = geometry.sets() / ((long) perUnit * units() * plan.teams());
            // With one team, one set in turn is the same as resident.
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
}
