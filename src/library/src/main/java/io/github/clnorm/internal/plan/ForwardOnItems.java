package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Statistics;
import java.util.ArrayList;
import java.util.List;

/** Candidates for forward passes on CPUs that vectorize across work-items. */
final class ForwardOnItems {

    private ForwardOnItems() {}

    /** The best first. */
    static List<Choice> candidates(ForwardProblem problem, DeviceInfo device, long largestWorkGroup) {
        Geometry geometry = problem.geometry();
        int group = ItemsShape.workGroup(problem, 1, device, largestWorkGroup);
        List<Choice> choices = new ArrayList<>();
        if (geometry.alongRows() && problem.statistics() != Statistics.GIVEN) {
            PackedPlan packed = Plan.packed(group, 1, 1);
            ResidentPlan resident = Plan.resident(group, 1);
            int blocks = Cut.of(geometry).blocks();
            ItemsShape.addWholeSets(choices, packed, resident, geometry.sets(), blocks, device);
        }
        SplitPlan split = Plan.split(group, 1, 1);
        Splits.add(choices, split, problem, ItemsShape.wanted(device), split.teams());
        return choices;
    }
}
