package io.github.clnorm.runtime;

import io.github.clnorm.geometry.Geometry;
import io.github.clnorm.plan.Plan;
import io.github.clnorm.plan.Strategy;
import io.github.clnorm.runtime.opencl.OpenCl;
import java.util.List;

/** The kernels of a plan, built when they are asked for. The caller holds the session's lock. */
final class ForwardKernels {

    private final Session session;
    private final Plan plan;
    private final boolean singleBlock;

    ForwardKernels(Session session, Plan plan, Geometry geometry) {
        this.session = session;
        this.plan = plan;
        this.singleBlock = geometry.blocksPerSet() == 1;
    }

    /** Both passes in one launch, for the strategies resident and packed. */
    OpenCl.Kernel resident() {
        String packed = plan.strategy() == Strategy.PACKED ? " -DPACKED=1" : "";
        String keep = plan.keepSet() ? " -DKEEP_SET=1" : "";
        return session.kernel("resident.cl", "resident", options(plan.workGroupSize()) + packed + keep);
    }

    /** The first pass of the strategy split. */
    OpenCl.Kernel momentsOfBlocks() {
        return session.kernel("affine.cl", "moments_of_blocks", options(plan.workGroupSize()) + merged());
    }

    /** The merge of the strategy split, where it has its own launch. */
    OpenCl.Kernel momentsOfSets() {
        return session.kernel("affine.cl", "moments_of_sets", options(mergeGroupSize()));
    }

    /** The second pass of the strategy split. */
    OpenCl.Kernel affine() {
        return session.kernel("affine.cl", "affine", options(plan.workGroupSize()) + merged());
    }

    /** One team: a larger work-group would merge the same blocks once more in each team. */
    int mergeGroupSize() {
        return plan.team();
    }

    /** How many work-items a work-group may have, by the driver's word on each kernel that the plan launches. */
    long workGroupLimit() {
        List<OpenCl.Kernel> kernels = plan.strategy() == Strategy.SPLIT
                ? plan.mergeOnce()
                        ? List.of(momentsOfBlocks(), momentsOfSets(), affine())
                        : List.of(momentsOfBlocks(), affine())
                : List.of(resident());
        return kernels.stream().mapToLong(session.openCl()::workGroupLimit).min().orElseThrow();
    }

    private String merged() {
        return plan.mergeOnce() ? " -DMERGED=1" : "";
    }

    private String options(int workGroupSize) {
        return "-DWORK_GROUP_SIZE=" + workGroupSize + " -DVECTOR_WIDTH=" + plan.vectorWidth()
                + (plan.nonTemporal() ? " -DNON_TEMPORAL=1" : "")
                + (singleBlock ? " -DSINGLE_BLOCK=1" : "");
    }
}
