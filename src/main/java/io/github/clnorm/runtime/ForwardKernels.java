package io.github.clnorm.runtime;

import io.github.clnorm.geometry.Cut;
import io.github.clnorm.geometry.Problem;
import io.github.clnorm.geometry.Statistics;
import io.github.clnorm.plan.Plan;
import io.github.clnorm.plan.Strategy;
import io.github.clnorm.runtime.opencl.OpenCl;
import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.List;

/** The kernels of a plan, built when they are asked for. The caller holds the session's lock. */
final class ForwardKernels {

    private final Session session;
    private final Plan plan;
    private final Problem problem;

    ForwardKernels(Session session, Plan plan, Problem problem) {
        this.session = session;
        this.plan = plan;
        this.problem = problem;
    }

    /** Both passes in one launch, for the strategies resident and packed. */
    OpenCl.Kernel resident() {
        String packed = plan.strategy() == Strategy.PACKED ? " -DPACKED=1" : "";
        String keep = plan.keepSet() ? " -DKEEP_SET=1" : "";
        return session.kernel(
                "resident.cl", "resident", moments(plan.workGroupSize()) + input() + output() + packed + keep);
    }

    /** The first pass of the strategy split, along rows. */
    OpenCl.Kernel momentsOfBlocks() {
        return session.kernel("moments.cl", "moments_of_blocks", moments(plan.workGroupSize()) + input());
    }

    /** The first pass of the strategy split, across rows. */
    OpenCl.Kernel momentsOfColumns() {
        return session.kernel("columns.cl", "moments_of_columns", moments(plan.workGroupSize()) + input());
    }

    /** The merge of the strategy split, where it has its own launch. */
    OpenCl.Kernel momentsOfSets() {
        return session.kernel("moments.cl", "moments_of_sets", moments(mergeGroupSize()));
    }

    /** The second pass of the strategy split, along rows. */
    OpenCl.Kernel affine() {
        return session.kernel("affine.cl", "affine", moments(plan.workGroupSize()) + input() + output() + statistics());
    }

    /** The second pass of the strategy split, across rows. */
    OpenCl.Kernel affineColumns() {
        return session.kernel(
                "columns.cl", "affine_columns", moments(plan.workGroupSize()) + input() + output() + statistics());
    }

    /** One team: a larger work-group would merge the same blocks once more in each team. */
    int mergeGroupSize() {
        return plan.team();
    }

    /** How many work-items a work-group may have, by the driver's word on each kernel that the plan launches. */
    long workGroupLimit() {
        List<OpenCl.Kernel> kernels = new ArrayList<>();
        if (plan.strategy() != Strategy.SPLIT) {
            kernels.add(resident());
        } else {
            if (problem.statistics() != Statistics.GIVEN) {
                kernels.add(problem.geometry().momentsAcrossRows() ? momentsOfColumns() : momentsOfBlocks());
                if (plan.mergeOnce()) {
                    kernels.add(momentsOfSets());
                }
            }
            kernels.add(problem.geometry().affineAcrossRows() ? affineColumns() : affine());
        }
        return kernels.stream().mapToLong(session.openCl()::workGroupLimit).min().orElseThrow();
    }

    /** What every kernel is told; with moments() alone kernels of different epilogues share a program. */
    private String moments(int workGroupSize) {
        boolean fma = problem.type() == ElementType.FLOAT64 || session.device().fusedMultiplyAdd();
        boolean singleBlock =
                problem.statistics() != Statistics.GIVEN && Cut.of(problem.geometry()).blocks() == 1;
        return "-DWORK_GROUP_SIZE=" + workGroupSize + " -DVECTOR_WIDTH=" + plan.vectorWidth() + " -DHAS_FMA="
                + (fma ? 1 : 0)
                + (problem.type() == ElementType.FLOAT32 ? "" : " -DSTORAGE=" + problem.type().name())
                + (problem.statistics() == Statistics.MEAN_SQUARE ? " -DCENTERED=0" : "")
                + (singleBlock ? " -DSINGLE_BLOCK=1" : "");
    }

    private String input() {
        return problem.residual() ? " -DRESIDUAL=1" : "";
    }

    private String output() {
        return (problem.parameterType() == ElementType.FLOAT32 ? "" : " -DPARAMETER=" + problem.parameterType().name())
                + switch (problem.activation()) {
                    case NONE -> "";
                    case RELU, SILU, GELU -> " -DACTIVATION=" + problem.activation().name();
                }
                + (problem.sum() ? " -DSUM=1" : "")
                + (plan.nonTemporal() ? " -DNON_TEMPORAL=1" : "");
    }

    private String statistics() {
        if (problem.statistics() == Statistics.GIVEN) {
            return " -DSTATISTICS=GIVEN";
        }
        return plan.mergeOnce() ? " -DSTATISTICS=MERGED" : "";
    }
}
