package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Statistics;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The plans that a device can run for a problem, for tests that try them all. */
public final class PlanSpace {

    private static final int[] VECTOR_WIDTHS = {1, 2, 4, 8, 16};

    private PlanSpace() {}

    /** Every legal strategy, every vector width and work-groups of 1, 8, 64, ... `largest`, with several splits of each. */
    public static List<Plan> all(ForwardProblem problem, DeviceInfo device, int largest) {
        List<Plan> plans = new ArrayList<>();
        for (int group = 1; group <= Math.min(largest, device.maxWorkGroupSize()); group *= 8) {
            for (int width : VECTOR_WIDTHS) {
                plans.addAll(variants(group, width));
            }
        }
        return legal(plans, problem, device);
    }

    /**
     * Every strategy and split, and some work-group sizes and vector widths: every kernel of every size takes drivers
     * seconds to compile. Of lone work-items, which hold all 64 lanes, PoCL takes ten for scalars and Mesa as long for
     * vectors: `widest` is the widest vector of theirs, and the simulator tries them all.
     */
    public static List<Plan> sample(ForwardProblem problem, DeviceInfo device, int widest) {
        int narrow = Math.min(8, widest);
        List<Plan> plans = new ArrayList<>();
        plans.add(Plan.resident(1, narrow));
        plans.add(Plan.split(1, narrow, 2).withMergeLaunch(true));
        plans.addAll(variants(1, widest));
        plans.add(Plan.resident(16, 4).withSecondRead(SecondRead.LOCAL));
        plans.add(Plan.packed(16, 4, 3).withSecondRead(SecondRead.LOCAL));
        plans.add(Plan.resident(32, 4).withSecondRead(SecondRead.REGISTERS));
        plans.add(Plan.resident(128, 1).withSecondRead(SecondRead.REGISTERS));
        plans.add(Plan.split(16, 4, 1));
        plans.add(Plan.split(16, 4, 16).withMergeLaunch(true));
        int largest = Integer.highestOneBit(device.maxWorkGroupSize());
        plans.add(Plan.resident(largest, 4));
        plans.add(Plan.split(largest, 4, 16).withMergeLaunch(true));
        return legal(plans, problem, device);
    }

    /** One plan of most kinds of kernel, with narrow vectors and wide ones, and with teams: for what makes kernels anew. */
    public static List<Plan> few(ForwardProblem problem, DeviceInfo device, int widest) {
        List<Plan> plans = new ArrayList<>();
        int narrow = Math.min(8, widest);
        plans.add(Plan.resident(1, narrow));
        plans.add(Plan.resident(1, widest));
        plans.add(Plan.resident(8, 4).withSecondRead(SecondRead.LOCAL));
        plans.add(Plan.resident(64, 1).withSecondRead(SecondRead.REGISTERS));
        plans.add(Plan.split(8, 4, 8).withMergeLaunch(true));
        plans.add(Plan.residentAcross(1, widest, 1000));
        if (!problem.geometry().alongRows() || problem.statistics() == Statistics.GIVEN) {
            plans.add(Plan.split(1, narrow, 16).withMergeLaunch(true));
            plans.add(Plan.split(1, widest, 1000).withMergeLaunch(true));
        }
        return legal(plans, problem, device);
    }

    /** The plans for gradients that are legal among the ways to use one work-group size and vector width. */
    public static List<Plan> gradients(BackwardProblem problem, DeviceInfo device, int group, int width) {
        return Stream.<Plan>of(
                        Plan.resident(group, width),
                        Plan.resident(group, width).withSecondRead(SecondRead.LOCAL),
                        Plan.packed(group, width, 1).withSecondRead(SecondRead.LOCAL),
                        Plan.resident(group, width).withSecondRead(SecondRead.REGISTERS),
                        Plan.packed(group, width, 2).withSecondRead(SecondRead.REGISTERS),
                        Plan.resident(group, width).withParameterLaunch(true),
                        Plan.packed(group, width, 3),
                        Plan.tiled(group, width),
                        Plan.split(group, width, 1),
                        Plan.split(group, width, 16).withNonTemporal(true),
                        Plan.split(group, width, 16).withTurns(2),
                        Plan.split(group, width, 1000))
                .filter(plan -> PlanRules.problem(plan, problem, device).isEmpty())
                .toList();
    }

    /** Plans for gradients of every kind of kernel: lone work-items with narrow vectors and with the widest, and teams. */
    public static List<Plan> fewGradients(BackwardProblem problem, DeviceInfo device, int widest) {
        int narrow = Math.min(8, widest);
        return Stream.<Plan>of(
                        Plan.packed(1, narrow, 3),
                        Plan.tiled(1, narrow),
                        Plan.split(1, narrow, 1),
                        Plan.split(1, narrow, 1).withTurns(2),
                        Plan.resident(1, widest).withNonTemporal(true),
                        Plan.packed(1, widest, 2).withParameterLaunch(true),
                        Plan.tiled(1, widest).withNonTemporal(true),
                        Plan.split(1, widest, 2).withNonTemporal(true),
                        Plan.split(1, widest, 1000).withNonTemporal(true),
                        Plan.resident(8, 4).withSecondRead(SecondRead.LOCAL),
                        Plan.resident(128, 1).withSecondRead(SecondRead.REGISTERS),
                        Plan.tiled(16, 4),
                        Plan.split(8, 4, 16),
                        Plan.split(8, 4, 16).withTurns(3))
                .distinct()
                .filter(plan -> PlanRules.problem(plan, problem, device).isEmpty())
                .toList();
    }

    /** The strategies, by lone work-items with the widest vectors: for what does not depend on the size of a work-group. */
    public static List<Plan> gradientStrategies(BackwardProblem problem, DeviceInfo device, int widest) {
        return fewGradients(problem, device, widest).stream()
                .filter(plan -> plan.workGroupSize() == 1 && plan.vectorWidth() == widest)
                .toList();
    }

    /** The ways to use one work-group size and vector width. */
    public static List<Plan> variants(int group, int width) {
        ResidentPlan resident = Plan.resident(group, width);
        PackedPlan packed = Plan.packed(group, width, 1);
        return List.of(
                resident,
                resident.withSecondRead(SecondRead.LOCAL),
                packed,
                packed.withSecondRead(SecondRead.LOCAL),
                resident.withSecondRead(SecondRead.REGISTERS),
                packed.withSecondRead(SecondRead.REGISTERS),
                Plan.packed(group, width, 3).withSecondRead(SecondRead.REGISTERS),
                Plan.packed(group, width, 3),
                Plan.residentAcross(group, width, 2),
                Plan.residentAcross(group, width, 1000),
                Plan.split(group, width, 1),
                Plan.split(group, width, 2).withMergeLaunch(true),
                Plan.split(group, width, 16).withMergeLaunch(true).withNonTemporal(true),
                Plan.split(group, width, 2).withTurns(2),
                Plan.split(group, width, 2).withMergeLaunch(true).withTurns(3),
                Plan.split(group, width, 1000),
                Plan.split(group, width, 1000).withMergeLaunch(true),
                resident.withNonTemporal(true));
    }

    private static List<Plan> legal(List<Plan> plans, ForwardProblem problem, DeviceInfo device) {
        return plans.stream()
                .distinct()
                .filter(plan -> PlanRules.problem(plan, problem, device).isEmpty())
                .toList();
    }
}
