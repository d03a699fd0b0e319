package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Statistics;
import java.util.ArrayList;
import java.util.List;

/** Candidates for forward passes on CPUs. A core sums a block in four registers of 16 lanes. */
final class ForwardOnCpu {

    // Launching a work-group costs more than it gains if it has fewer blocks.
    private static final int LEAST_PART_BLOCKS = 16;
    private static final int SMALL_ELEMENTS = 2 * LEAST_PART_BLOCKS * Cut.BLOCK;
    // A sample of this size stays in the cache of a core.
    private static final long CACHE_BYTES = 1 << 20;
    private static final long MOST_SETS = 1 << 20;

    private static final String SIDE_BY_SIDE =
            "whole samples fit in a core's cache, and divide evenly among the compute units";
    private static final String PACKED =
            "sets are small: a work-group takes several of them, up to " + CpuShape.PACKED_ELEMENTS + " elements";
    private static final String BALANCED = "sets divide evenly among the compute units: one work-group for each set";
    private static final String SMALL = "the tensor is small: one launch costs less than idle compute units";

    private ForwardOnCpu() {}

    /** The best first. */
    static List<Choice> candidates(ForwardProblem problem, DeviceInfo device) {
        Geometry geometry = problem.geometry();
        boolean bypass = CpuShape.bypassesCache(problem, device);
        List<Choice> choices = new ArrayList<>();
        int width = vector(geometry);
        if (geometry.acrossRows() && CpuShape.balanced(geometry.samples(), device) && fitsCache(problem)) {
            int sets = (int) Math.min(geometry.groups(), MOST_SETS);
            choices.add(new Choice(Plan.residentAcross(1, width, sets).withNonTemporal(bypass), SIDE_BY_SIDE));
        }
        if (geometry.alongRows() && problem.statistics() != Statistics.GIVEN) {
            addWholeSets(choices, geometry, device, width, bypass);
        }
        SplitPlan split = Plan.split(1, width, 1).withNonTemporal(bypass);
        Splits.add(choices, split, problem, CpuShape.wanted(device), LEAST_PART_BLOCKS);
        return choices;
    }

    private static void addWholeSets(
            List<Choice> choices, Geometry geometry, DeviceInfo device, int width, boolean bypass) {
        boolean balanced = CpuShape.balanced(geometry.sets(), device);
        if (balanced) {
            long perUnit = geometry.sets() / CpuShape.wanted(device);
            long sets = Math.min(CpuShape.PACKED_ELEMENTS / Math.max(1, geometry.setSize()), perUnit);
            for (; sets > 1; sets /= 2) {
                choices.add(new Choice(Plan.packed(1, width, (int) sets).withNonTemporal(bypass), PACKED));
            }
        }
        if (balanced || geometry.elements() <= SMALL_ELEMENTS) {
            choices.add(new Choice(Plan.resident(1, width).withNonTemporal(bypass), balanced ? BALANCED : SMALL));
        }
    }

    private static boolean fitsCache(ForwardProblem problem) {
        Geometry geometry = problem.geometry();
        return geometry.elements() / geometry.samples() * problem.type().bytes() <= CACHE_BYTES;
    }

    private static int vector(Geometry geometry) {
        if (!geometry.alongRows()) {
            return CpuShape.vectorAcross(geometry);
        }
        return geometry.run() > 1 ? CpuShape.vectorAlong(geometry.run()) : CpuShape.VECTOR;
    }
}
