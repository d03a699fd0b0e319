package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import java.util.ArrayList;
import java.util.List;

/** Candidates for backward passes on CPUs that vectorize across work-items. */
final class BackwardOnItems {

    // A single work-item that merges very many blocks loads them in vectors.
    private static final int MERGING_VECTOR = 16;

    private static final String SCALARS = "vectors would exceed the loop limit of a work-item: scalars";
    private static final String MERGING = "there are very many blocks: single work-items merge them in vectors";

    private BackwardOnItems() {}

    /** The best first. */
    static List<Choice> candidates(BackwardProblem problem, DeviceInfo device, long largestWorkGroup) {
        Geometry geometry = problem.geometry();
        int group = ItemsShape.workGroup(problem, 1, device, largestWorkGroup);
        long wanted = ItemsShape.wanted(device);
        PackedPlan packed = Plan.packed(group, 1, 1).withParameterLaunch(true);
        ResidentPlan resident = Plan.resident(group, 1).withParameterLaunch(true);
        int blocks = GradientCut.of(geometry).blocks();
        List<Choice> choices = new ArrayList<>();
        ItemsShape.addWholeSets(choices, packed, resident, geometry.sets(), blocks, device);
        Splits.add(choices, Plan.split(group, 1, 1), problem, wanted);
        Splits.add(choices, Plan.split(Math.min(group, Cut.LANES), 1, 1), problem, wanted, SCALARS);
        Splits.add(choices, Plan.split(1, MERGING_VECTOR, 1), problem, wanted, MERGING);
        return choices;
    }
}
