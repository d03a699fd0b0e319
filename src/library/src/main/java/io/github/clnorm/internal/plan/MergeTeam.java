package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;
import io.github.clnorm.internal.geometry.Cut;

/**
 * The work-group of a launch that merges sums of blocks: one team. It changes no bit, so it need not be that of the plan.
 *
 * <p>Immutable and thread-safe.
 *
 * @param workGroupSize work-items of the work-group, all of one team
 * @param vectorWidth elements of a vector load
 */
public record MergeTeam(int workGroupSize, int vectorWidth) {

    /**
     * The team that merges. On GPUs a work-item takes one lane: a merge of thousands of blocks is a chain of additions, and
     * loads wait less if they are spread over more work-items.
     *
     * @param plan the plan of the pass
     * @param device where it runs
     * @return 64 work-items with scalars on GPUs that allow them, else a team of the plan
     */
    public static MergeTeam of(Plan plan, DeviceInfo device) {
        boolean oneLaneEach =
                device.type() == DeviceType.GPU && plan.team() > 1 && device.maxWorkGroupSize() >= Cut.LANES;
        return oneLaneEach ? new MergeTeam(Cut.LANES, 1) : new MergeTeam(plan.team(), plan.vectorWidth());
    }
}
