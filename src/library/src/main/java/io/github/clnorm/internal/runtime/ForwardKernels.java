package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.PackedPlan;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.SplitPlan;
import io.github.clnorm.internal.plan.WholeSetsPlan;
import java.util.ArrayList;
import java.util.List;

/** The kernels of a plan, built when they are asked for. The caller holds the session's lock. */
final class ForwardKernels {

    private final Session session;
    private final Plan plan;
    private final ForwardProblem problem;

    ForwardKernels(Session session, Plan plan, ForwardProblem problem) {
        this.session = session;
        this.plan = plan;
        this.problem = problem;
    }

    /** Both passes in one launch, for the strategies resident and packed. */
    OpenCl.Kernel resident() {
        WholeSetsPlan whole = (WholeSetsPlan) plan;
        KernelOptions options = output(input(moments(plan.workGroupSize())))
                .with(plan instanceof PackedPlan, "PACKED", 1)
                .with(whole.keepSet(), "KEEP_SET", 1);
        return session.kernel("resident.cl", "resident", options);
    }

    /** The same, across rows. */
    OpenCl.Kernel residentColumns() {
        return session.kernel("resident_columns.cl", "resident_columns", output(input(moments(plan.workGroupSize()))));
    }

    /** The first pass of the strategy split, along rows. */
    OpenCl.Kernel momentsOfBlocks() {
        return session.kernel("moments.cl", "moments_of_blocks", input(moments(plan.workGroupSize())));
    }

    /** The first pass of the strategy split, across rows. */
    OpenCl.Kernel momentsOfColumns() {
        return session.kernel("moments_of_columns.cl", "moments_of_columns", input(moments(plan.workGroupSize())));
    }

    /** The merge of the strategy split, where it has its own launch. */
    OpenCl.Kernel momentsOfSets() {
        return session.kernel("moments.cl", "moments_of_sets", moments(mergeGroupSize()));
    }

    /** The second pass of the strategy split, along rows. */
    OpenCl.Kernel affine() {
        return session.kernel("affine.cl", "affine", statistics(output(input(moments(plan.workGroupSize())))));
    }

    /** The second pass of the strategy split, across rows. */
    OpenCl.Kernel affineColumns() {
        return session.kernel(
                "affine_columns.cl", "affine_columns", statistics(output(input(moments(plan.workGroupSize())))));
    }

    /** One team: a larger work-group would merge the same blocks once more in each team. */
    int mergeGroupSize() {
        return plan.team();
    }

    /** How many work-items a work-group may have, by the driver's word on each kernel that the plan launches. */
    long workGroupLimit() {
        List<OpenCl.Kernel> kernels = new ArrayList<>();
        if (!(plan instanceof SplitPlan split)) {
            kernels.add(problem.geometry().acrossRows() ? residentColumns() : resident());
        } else {
            if (problem.statistics() != Statistics.GIVEN) {
                kernels.add(problem.geometry().momentsAcrossRows() ? momentsOfColumns() : momentsOfBlocks());
                if (split.mergeLaunch()) {
                    kernels.add(momentsOfSets());
                }
            }
            kernels.add(problem.geometry().affineAcrossRows() ? affineColumns() : affine());
        }
        return kernels.stream()
                .mapToLong(session.openCl()::workGroupLimit)
                .min()
                .orElseThrow();
    }

    /** With these alone kernels of different epilogues share a program. */
    private KernelOptions moments(int workGroupSize) {
        boolean singleBlock = problem.statistics() != Statistics.GIVEN
                && Cut.of(problem.geometry()).blocks() == 1;
        return KernelOptions.of(session, workGroupSize, plan.vectorWidth(), problem.type(), problem.statistics())
                .with(singleBlock, "SINGLE_BLOCK", 1);
    }

    private KernelOptions input(KernelOptions options) {
        return options.with(problem.residual(), "RESIDUAL", 1);
    }

    private KernelOptions output(KernelOptions options) {
        return options.parameters(problem.parameterType())
                .activation(problem.activation())
                .with(problem.sum(), "SUM", 1)
                .with(plan.nonTemporal(), "NON_TEMPORAL", 1);
    }

    private KernelOptions statistics(KernelOptions options) {
        return problem.statistics() == Statistics.GIVEN
                ? options.with("STATISTICS", "GIVEN")
                : options.with(((SplitPlan) plan).mergeLaunch(), "STATISTICS", "MERGED");
    }
}
