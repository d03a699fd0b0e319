package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Statistics;
import java.util.ArrayList;
import java.util.List;

/** Candidates for forward passes on GPUs. */
final class ForwardOnGpu {

    private ForwardOnGpu() {}

    /** The best first. */
    static List<Choice> candidates(ForwardProblem problem, DeviceInfo device, long largestWorkGroup) {
        Geometry geometry = problem.geometry();
        int width = vector(geometry, device);
        int group = GpuShape.workGroup(problem, width, device, largestWorkGroup);
        List<Choice> choices = new ArrayList<>();
        if (geometry.alongRows() && problem.statistics() != Statistics.GIVEN) {
            PackedPlan packed = Plan.packed(group, width, 1);
            ResidentPlan resident = Plan.resident(group, width);
            int blocks = Cut.of(geometry).blocks();
            GpuShape.addWholeSets(choices, packed, resident, geometry.sets(), blocks, device);
        }
        SplitPlan split = Plan.split(group, width, 1);
        Splits.add(choices, split, problem, GpuShape.wanted(device), split.teams());
        return choices;
    }

    /** Scalars where vectors would be wider than a run, or would not divide the columns. */
    private static int vector(Geometry geometry, DeviceInfo device) {
        boolean narrow = geometry.alongRows()
                ? geometry.run() > 1 && geometry.run() < GpuShape.VECTOR
                : Columns.of(geometry).columns() % GpuShape.VECTOR != 0;
        return narrow ? 1 : GpuShape.vector(device);
    }
}
