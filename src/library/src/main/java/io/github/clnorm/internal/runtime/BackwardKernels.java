package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.GradientCut.Order;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.LocalMemory;
import io.github.clnorm.internal.plan.PackedPlan;
import io.github.clnorm.internal.plan.ParameterMerge;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.TiledPlan;
import io.github.clnorm.internal.plan.WholeSetsPlan;
import io.github.clnorm.type.Activation;
import java.util.ArrayList;
import java.util.List;

/** The kernels of a plan for gradients, built when they are asked for. The caller holds the session's lock. */
final class BackwardKernels {

    private final Session session;
    private final Plan plan;
    private final BackwardProblem problem;
    private final GradientCut cut;
    private final Order order;

    BackwardKernels(Session session, Plan plan, BackwardProblem problem) {
        this.session = session;
        this.plan = plan;
        this.problem = problem;
        this.cut = GradientCut.of(problem.geometry());
        this.order = cut.order();
    }

    /** All of it, or all but the merge of the parameters' sums, for the strategies resident and packed. */
    OpenCl.Kernel resident() {
        KernelOptions options = each(elementwise(true))
                .with(plan instanceof PackedPlan, "PACKED", 1)
                .with(((WholeSetsPlan) plan).keepSet(), "KEEP_SET", 1)
                .with(ParameterMerge.inWorkGroups(plan, problem), "WITH_PARAMETERS", 1)
                .with(
                        ParameterMerge.inWorkGroups(plan, problem)
                                && ParameterMerge.sideBySide(
                                        plan, problem.geometry().samples(), cut),
                        "SIDE_BY_SIDE",
                        1);
        return session.kernel("gradient_resident.cl", "gradient_resident", options);
    }

    /** The same for the strategy tiled. */
    OpenCl.Kernel tiles() {
        KernelOptions options = elementwise(true).with(LocalMemory.hasWideRows(problem), "WIDE_COLUMNS", 1);
        return session.kernel("gradient_tiles.cl", "gradient_tiles", options);
    }

    /** Sums of blocks, along rows. */
    OpenCl.Kernel sums() {
        return session.kernel("gradient.cl", "gradient_sums", each(elementwise(problem.readsInput())));
    }

    /** Sums of columns, across rows. */
    OpenCl.Kernel sumsOfColumns() {
        return session.kernel("gradient_columns.cl", "gradient_sums_of_columns", elementwise(problem.readsInput()));
    }

    /** Sums of columns across the samples, where every element has its own parameters. */
    OpenCl.Kernel sumsAcrossSamples() {
        boolean needsX = problem.weight() || problem.activation() != Activation.NONE;
        return session.kernel(
                "gradient_columns.cl",
                "gradient_sums_of_columns",
                elementwise(needsX).with("ROW_STATISTICS", 1));
    }

    /** The merge of a set's sums. */
    OpenCl.Kernel ofSets() {
        return session.kernel("gradient.cl", "gradient_of_sets", each(merge()));
    }

    /** dx along rows. */
    OpenCl.Kernel input() {
        return session.kernel("gradient.cl", "input_gradient", each(elementwise(inputNeedsX())));
    }

    /** dx across rows. */
    OpenCl.Kernel inputOfColumns() {
        return session.kernel("gradient_columns.cl", "input_gradient_of_columns", elementwise(inputNeedsX()));
    }

    /** The merge of the parameters' sums, of so many samples with that cut. */
    OpenCl.Kernel ofParameters(long samples, GradientCut of) {
        return session.kernel(
                "gradient.cl",
                "gradient_of_parameters",
                merge().with(ParameterMerge.sideBySide(plan, samples, of), "SIDE_BY_SIDE", 1));
    }

    /** One team: a larger work-group would merge the same blocks once more in each team. */
    int mergeGroupSize() {
        return plan.team();
    }

    /** How many work-items a work-group may have, by the driver's word on each kernel that the plan launches. */
    long workGroupLimit() {
        List<OpenCl.Kernel> kernels = new ArrayList<>();
        boolean each = order == Order.EACH;
        if (problem.parameters() && !ParameterMerge.inWorkGroups(plan, problem)) {
            Geometry geometry = problem.geometry();
            kernels.add(
                    each ? ofParameters(1, GradientCut.ofColumns(geometry)) : ofParameters(geometry.samples(), cut));
        }
        if (plan instanceof WholeSetsPlan) {
            kernels.add(resident());
        } else if (plan instanceof TiledPlan) {
            kernels.add(tiles());
        } else {
            if (problem.setSums() || problem.parameters() && !each) {
                kernels.add(order == Order.COLUMNS ? sumsOfColumns() : sums());
            }
            if (problem.setSums()) {
                kernels.add(ofSets());
            }
            if (problem.input()) {
                kernels.add(order == Order.COLUMNS ? inputOfColumns() : input());
            }
        }
        if (problem.parameters() && each && !(plan instanceof TiledPlan)) {
            kernels.add(sumsAcrossSamples());
        }
        return kernels.stream()
                .mapToLong(session.openCl()::workGroupLimit)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    private boolean inputNeedsX() {
        return problem.setSums() || problem.activation() != Activation.NONE;
    }

    private KernelOptions elementwise(boolean needsX) {
        return KernelOptions.of(session, plan.workGroupSize(), plan.vectorWidth(), problem.type(), problem.statistics())
                .parameters(problem.parameterType())
                .activation(problem.activation())
                .with(problem.residual(), "RESIDUAL", 1)
                .with(problem.statistics() == Statistics.GIVEN, "STATISTICS", "GIVEN")
                .with(!needsX, "NEEDS_X", 0)
                .with(plan.nonTemporal(), "NON_TEMPORAL", 1);
    }

    /** Nothing but sums and parameters is read: what the tensor holds is of no matter. */
    private KernelOptions merge() {
        return KernelOptions.of(
                        session, mergeGroupSize(), plan.vectorWidth(), problem.real(), Statistics.MEAN_AND_VARIANCE)
                .parameters(problem.parameterType());
    }

    private KernelOptions each(KernelOptions options) {
        return options.with(order == Order.EACH, "EACH", 1);
    }
}
