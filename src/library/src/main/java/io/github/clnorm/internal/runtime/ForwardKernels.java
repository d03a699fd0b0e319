package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.plan.MergeTeam;
import io.github.clnorm.internal.plan.PackedPlan;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.ResidentPlan;
import io.github.clnorm.internal.plan.SecondRead;
import io.github.clnorm.internal.plan.SplitPlan;
import io.github.clnorm.internal.plan.WholeSetsPlan;

/** The kernels of forward passes and the macros that they are built with. The caller holds the session's lock. */
final class ForwardKernels {

    private final Session session;
    private final Plan plan;
    private final ForwardProblem problem;
    private final AlignedVectors aligned;

    ForwardKernels(Session session, Plan plan, ForwardProblem problem, AlignedVectors aligned) {
        this.session = session;
        this.plan = plan;
        this.problem = problem;
        this.aligned = aligned;
    }

    /** Moments and results in one launch, for the strategies resident and packed. */
    BuiltKernel resident() {
        SecondRead from = ((WholeSetsPlan) plan).secondRead();
        KernelOptions options =
                output(input(aligned.alongRuns(problem.geometry()))).with(plan instanceof PackedPlan, "PACKED", 1);
        return from == SecondRead.REGISTERS
                ? session.kernel("resident_registers.cl", "resident_registers", options)
                : session.kernel("resident.cl", "resident", options.with(from == SecondRead.LOCAL, "KEEP_SET", 1));
    }

    /** The same, across rows. */
    BuiltKernel residentColumns() {
        int sets = ((ResidentPlan) plan).sets();
        return session.kernel(
                "resident_columns.cl", "resident_columns", output(input(aligned.acrossRows(problem.geometry(), sets))));
    }

    /** The first launch of the strategy split, along rows. */
    BuiltKernel momentsOfBlocks() {
        return session.kernel(
                "moments.cl",
                "moments_of_blocks",
                input(aligned.alongRows(problem.geometry().joined())));
    }

    /** The first launch of the strategy split, across rows. */
    BuiltKernel momentsOfColumns() {
        return session.kernel(
                "moments_of_columns.cl", "moments_of_columns", input(aligned.acrossRows(problem.geometry())));
    }

    /** The merge of the strategy split, in a separate launch. */
    BuiltKernel momentsOfSets() {
        MergeTeam team = MergeTeam.of(plan, session.device());
        return session.kernel("moments.cl", "moments_of_sets", moments(team.workGroupSize(), team.vectorWidth()));
    }

    /** The last launch of the strategy split, along rows. */
    BuiltKernel affine() {
        return session.kernel("affine.cl", "affine", statistics(output(input(aligned.alongRuns(problem.geometry())))));
    }

    /** The last launch of the strategy split, across rows. */
    BuiltKernel affineColumns() {
        return session.kernel(
                "affine_columns.cl",
                "affine_columns",
                statistics(output(input(aligned.acrossRows(problem.geometry())))));
    }

    /** With these alone, kernels of different activations and outputs share a program. */
    private KernelOptions moments(int workGroupSize) {
        return moments(workGroupSize, plan.vectorWidth());
    }

    private KernelOptions moments(int workGroupSize, int vectorWidth) {
        boolean singleBlock = problem.statistics() != Statistics.GIVEN
                && Cut.of(problem.geometry()).blocks() == 1;
        return KernelOptions.of(session, workGroupSize, vectorWidth, problem.type(), problem.statistics())
                .with(singleBlock, "SINGLE_BLOCK", 1)
                .indices(session, problem.geometry());
    }

    private KernelOptions input(boolean alignedVectors) {
        return moments(plan.workGroupSize()).with(alignedVectors, "ALIGNED", 1).with(problem.residual(), "RESIDUAL", 1);
    }

    private KernelOptions output(KernelOptions options) {
        return options.parameters(problem.parameterType())
                .scope(problem.geometry())
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
