package io.github.clnorm.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.geometry.Geometry;
import java.util.ArrayList;
import java.util.List;

/** The plans that a device can run for a geometry, for tests that try them all. */
public final class PlanSpace {

    private static final int[] VECTOR_WIDTHS = {1, 2, 4, 8, 16};

    private PlanSpace() {}

    /** Every legal strategy, work-group size and vector width, with several splits of each kind. */
    public static List<Plan> all(Geometry geometry, DeviceInfo device) {
        List<Plan> plans = new ArrayList<>();
        for (int group = 1; group <= device.maxWorkGroupSize(); group *= 2) {
            for (int width : VECTOR_WIDTHS) {
                plans.addAll(variants(group, width));
            }
        }
        return legal(plans, geometry, device);
    }

    /**
     * Every strategy, split, work-group size and vector width, but not each with each: drivers take seconds to compile a
     * plan with a large work-group, or (Mesa's) one with wide vectors, so that `widest` may leave those out.
     */
    public static List<Plan> sample(Geometry geometry, DeviceInfo device, int widest) {
        List<Plan> plans = new ArrayList<>();
        for (int width = 1; width <= widest; width *= 2) {
            plans.addAll(variants(1, width));
            plans.add(Plan.resident(16, width));
        }
        plans.addAll(variants(16, 4));
        // A set of one block has kernels of its own, whose work-groups have nothing to share beyond a block.
        int largest = geometry.blocksPerSet() == 1 ? Math.min(64, device.maxWorkGroupSize()) : device.maxWorkGroupSize();
        for (int group = 2; group <= largest; group *= 2) {
            plans.add(Plan.resident(group, 4));
            plans.add(Plan.split(group, 4, 1));
        }
        plans.add(Plan.packed(64, 1, 2));
        return legal(plans, geometry, device);
    }

    /** The ways to use one work-group size and vector width. */
    public static List<Plan> variants(int group, int width) {
        Plan resident = Plan.resident(group, width);
        Plan packed = Plan.packed(group, width, 1);
        return List.of(
                resident,
                resident.withKeepSet(true),
                packed,
                packed.withKeepSet(true),
                Plan.packed(group, width, 3),
                Plan.split(group, width, 1),
                Plan.split(group, width, 2).withMergeOnce(true),
                Plan.split(group, width, 1000),
                resident.withNonTemporal(true));
    }

    private static List<Plan> legal(List<Plan> plans, Geometry geometry, DeviceInfo device) {
        return plans.stream()
                .distinct()
                .filter(plan -> PlanRules.problem(plan, geometry, device).isEmpty())
                .toList();
    }
}
