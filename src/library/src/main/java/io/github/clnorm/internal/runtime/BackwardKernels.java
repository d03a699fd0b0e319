package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.GradientCut.Order;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.plan.LocalMemory;
import io.github.clnorm.internal.plan.MergeTeam;
import io.github.clnorm.internal.plan.PackedPlan;
import io.github.clnorm.internal.plan.ParameterMerge;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.SecondRead;
import io.github.clnorm.internal.plan.WholeSetsPlan;
import io.github.clnorm.type.Activation;

/** The kernels of backward passes and the macros that they are built with. The caller holds the session's lock. */
final class BackwardKernels {

    private final Session session;
    private final Plan plan;
    private final BackwardProblem problem;
    private final AlignedVectors aligned;
    private final GradientCut cut;
    private final Order order;

    BackwardKernels(Session session, Plan plan, BackwardProblem problem, AlignedVectors aligned) {
        this.session = session;
        this.plan = plan;
        this.problem = problem;
        this.aligned = aligned;
        this.cut = GradientCut.of(problem.geometry());
        this.order = cut.order();
    }

    /** All gradients, or all but the merge of the parameters' sums, for the strategies resident and packed. */
    BuiltKernel resident() {
        SecondRead from = ((WholeSetsPlan) plan).secondRead();
        KernelOptions options = each(alongRuns(true))
                .with(plan instanceof PackedPlan, "PACKED", 1)
                .with(from == SecondRead.LOCAL, "KEEP_SET", 1)
                .with(ParameterMerge.inWorkGroups(plan, problem), "WITH_PARAMETERS", 1)
                .with(
                        ParameterMerge.inWorkGroups(plan, problem)
                                && ParameterMerge.sideBySide(
                                        plan, problem.geometry().samples(), cut),
                        "SIDE_BY_SIDE",
                        1);
        return from == SecondRead.REGISTERS
                ? session.kernel("gradient_registers.cl", "gradient_registers", options)
                : session.kernel("gradient_resident.cl", "gradient_resident", options);
    }

    /** The same for the strategy tiled. */
    BuiltKernel tiles() {
        KernelOptions options = alongRuns(true).with(LocalMemory.hasWideRows(problem), "WIDE_COLUMNS", 1);
        return session.kernel("gradient_tiles.cl", "gradient_tiles", options);
    }

    /** Sums of blocks, along rows. */
    BuiltKernel sums() {
        return session.kernel("gradient.cl", "gradient_sums", each(alongRuns(problem.readsInput())));
    }

    /** Sums of columns, across rows. */
    BuiltKernel sumsOfColumns() {
        return session.kernel(
                "gradient_columns.cl",
                "gradient_sums_of_columns",
                acrossRows(problem.readsInput(), problem.geometry()));
    }

    /** Sums of columns across the samples, if every element of a row has its own parameters. */
    BuiltKernel sumsAcrossSamples() {
        boolean needsX = problem.weight() || problem.activation() != Activation.NONE;
        return session.kernel(
                "gradient_columns.cl",
                "gradient_sums_of_columns",
                acrossRows(needsX, GradientCut.acrossSamples(problem.geometry()))
                        .with("ROW_STATISTICS", 1));
    }

    /** The merge of a set's sums. */
    BuiltKernel ofSets() {
        return session.kernel("gradient_merges.cl", "gradient_of_sets", each(merge().scope(problem.geometry())));
    }

    /** dx along rows. */
    BuiltKernel input() {
        return session.kernel("gradient.cl", "input_gradient", each(alongRuns(inputNeedsX())));
    }

    /** dx across rows. */
    BuiltKernel inputOfColumns() {
        return session.kernel(
                "gradient_columns.cl", "input_gradient_of_columns", acrossRows(inputNeedsX(), problem.geometry()));
    }

    /** The merge of the parameters' sums over the samples. */
    BuiltKernel ofParameters(long samples, GradientCut of) {
        return session.kernel(
                "gradient_merges.cl",
                "gradient_of_parameters",
                merge().with(ParameterMerge.sideBySide(plan, samples, of), "SIDE_BY_SIDE", 1));
    }

    private boolean inputNeedsX() {
        return problem.setSums() || problem.activation() != Activation.NONE;
    }

    private KernelOptions alongRuns(boolean needsX) {
        return elementwise(needsX).scope(problem.geometry()).with(aligned.alongRuns(problem.geometry()), "ALIGNED", 1);
    }

    private KernelOptions acrossRows(boolean needsX, Geometry columns) {
        return elementwise(needsX).scope(columns).with(aligned.acrossRows(columns), "ALIGNED", 1);
    }

    private KernelOptions elementwise(boolean needsX) {
        return KernelOptions.of(session, plan.workGroupSize(), plan.vectorWidth(), problem.type(), problem.statistics())
                .indices(session, problem.geometry())
                .parameters(problem.parameterType())
                .activation(problem.activation())
                .with(problem.residual(), "RESIDUAL", 1)
                .with(problem.statistics() == Statistics.GIVEN, "STATISTICS", "GIVEN")
                .with(!needsX, "NEEDS_X", 0)
                .with(plan.nonTemporal(), "NON_TEMPORAL", 1);
    }

    /** Only sums and parameters are read, so the tensor's type and statistics do not matter. */
    private KernelOptions merge() {
        MergeTeam team = MergeTeam.of(plan, session.device());
        return KernelOptions.of(
                        session, team.workGroupSize(), team.vectorWidth(), problem.real(), Statistics.MEAN_AND_VARIANCE)
                .indices(session, problem.geometry())
                .parameters(problem.parameterType());
    }

    private KernelOptions each(KernelOptions options) {
        return options.with(order == Order.EACH, "EACH", 1);
    }
}
