package io.github.clnorm.internal.plan;

import static io.github.clnorm.internal.geometry.Divide.ceil;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.GradientCut.Order;
import java.util.ArrayList;
import java.util.List;

/** Candidates for backward passes on CPUs. */
final class BackwardOnCpu {

    private static final int SMALL_ELEMENTS = 2 * Splits.LEAST_BACKWARD_BLOCKS * Cut.BLOCK;
    // Elements of a work-group that takes several groups to fill vectors with their parameters.
    private static final int MERGED_ELEMENTS = 1 << 17;

    private static final String TILED =
            "every element has its own parameters: work-groups take tiles of samples and sum all gradients in one read";
    private static final String GROUPS_PACKED =
            "one launch for all gradients: work-groups take several groups of channels in all samples";
    private static final String GROUPS =
            "one launch for all gradients: work-groups take one group of channels in all samples";
    private static final String SETS_PACKED =
            "sets are small: a work-group takes several of them, up to " + CpuShape.PACKED_ELEMENTS + " elements";
    private static final String SETS =
            "sets divide evenly among the compute units, or the tensor is small: one work-group for each set";
    private static final String SCALARS = "vectors would exceed the loop limit of a work-item: scalars";
    private static final String TEAM = "there are very many blocks: a team merges them";

    private BackwardOnCpu() {}

    /** The best first. */
    static List<Choice> candidates(BackwardProblem problem, DeviceInfo device) {
        Geometry geometry = problem.geometry();
        GradientCut cut = GradientCut.of(geometry);
        int width = vector(geometry, cut);
        boolean bypass = CpuShape.bypassesCache(problem, device);
        List<Choice> choices = new ArrayList<>();
        if (cut.order() == Order.EACH
                && problem.parameters()
                && GradientCut.tiles(geometry) >= CpuShape.units(device)) {
            choices.add(new Choice(Plan.tiled(1, width).withNonTemporal(bypass), TILED));
        }
        boolean small = geometry.elements() <= SMALL_ELEMENTS;
        if (cut.order() == Order.RUNS
                && problem.parameters()
                && (small || CpuShape.balanced(geometry.groups(), device))) {
            addGroups(choices, geometry, device, Plan.resident(1, width).withNonTemporal(bypass));
        }
        if (small || CpuShape.balanced(geometry.sets(), device)) {
            ResidentPlan one = Plan.resident(1, width).withParameterLaunch(true).withNonTemporal(bypass);
            long sets =
                    Math.min(fitting(CpuShape.PACKED_ELEMENTS, geometry.setSize()), perUnit(geometry.sets(), device));
            addWholeSets(choices, one, sets, SETS_PACKED, SETS);
        }
        long wanted = CpuShape.wanted(device);
        Splits.add(choices, Plan.split(1, width, 1).withNonTemporal(bypass), problem, wanted);
        Splits.add(choices, Plan.split(1, 1, 1), problem, wanted, SCALARS);
        Splits.add(choices, Plan.split(ItemsShape.fitting(Cut.LANES, device), 1, 1), problem, wanted, TEAM);
        return choices;
    }

    /** Groups in all samples: as many as fill a vector with the parameters that a work-group merges side by side. */
    private static void addGroups(List<Choice> choices, Geometry geometry, DeviceInfo device, ResidentPlan one) {
        long elements = geometry.samples() * geometry.setSize();
        long parameters = geometry.width() / geometry.run();
        long filled = Math.min(ceil(one.vectorWidth(), parameters), fitting(MERGED_ELEMENTS, elements));
        long groups = Math.max(fitting(CpuShape.PACKED_ELEMENTS, elements), filled);
        addWholeSets(choices, one, Math.min(groups, perUnit(geometry.groups(), device)), GROUPS_PACKED, GROUPS);
    }

    /** Packed plans of half as many sets each time, and one of single sets. */
    private static void addWholeSets(
            List<Choice> choices, ResidentPlan one, long most, String packed, String resident) {
        for (long sets = most; sets > 1; sets /= 2) {
            PackedPlan several = Plan.packed(one.workGroupSize(), one.vectorWidth(), (int) sets)
                    .withParameterLaunch(one.parameterLaunch())
                    .withNonTemporal(one.nonTemporal());
            choices.add(new Choice(several, packed));
        }
        choices.add(new Choice(one, resident));
    }

    private static long fitting(long elements, long elementsOfOne) {
        return elements / Math.max(1, elementsOfOne);
    }

    private static long perUnit(long shares, DeviceInfo device) {
        return shares / CpuShape.wanted(device);
    }

    private static int vector(Geometry geometry, GradientCut cut) {
        return switch (cut.order()) {
            case COLUMNS -> CpuShape.vectorAcross(geometry);
            case EACH -> CpuShape.vectorAlong(geometry.width());
            case RUNS -> CpuShape.vectorAlong(geometry.run());
        };
    }
}
