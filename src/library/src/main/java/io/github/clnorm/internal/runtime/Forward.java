package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Divide;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.plan.LocalMemory;
import io.github.clnorm.internal.plan.MergeTeam;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.ResidentPlan;
import io.github.clnorm.internal.plan.SecondRead;
import io.github.clnorm.internal.plan.Shares;
import io.github.clnorm.internal.plan.SideBySide;
import io.github.clnorm.internal.plan.SplitPlan;
import io.github.clnorm.internal.plan.WholeSetsPlan;
import java.util.ArrayList;
import java.util.List;

/** The launches of a forward pass. */
final class Forward extends PassSteps<ForwardBuffers> {

    private final ForwardProblem problem;
    private final ForwardKernels kernels;

    Forward(Session session, ForwardProblem problem, Plan plan, boolean alignedBuffers) {
        super(session, problem, plan);
        this.problem = problem;
        this.kernels =
                new ForwardKernels(session, plan, problem, new AlignedVectors(session.device(), plan, alignedBuffers));
    }

    @Override
    List<Step<ForwardBuffers>> steps(Phase phase) {
        return switch (phase) {
            case ALL -> all();
            case SUMS -> List.of(moments((SplitPlan) plan));
            case MERGE -> List.of(momentsOfSets((SplitPlan) plan));
            case RESULTS -> List.of(results((SplitPlan) plan));
            case SUMS_ACROSS_SAMPLES, PARAMETERS -> throw new IllegalArgumentException(
                    "backward passes alone have " + phase);
        };
    }

    private List<Step<ForwardBuffers>> all() {
        if (!(plan instanceof SplitPlan split)) {
            return List.of(
                    geometry.acrossRows() ? residentColumns((ResidentPlan) plan) : resident((WholeSetsPlan) plan));
        }
        List<Step<ForwardBuffers>> steps = new ArrayList<>();
        if (!given()) {
            steps.add(moments(split));
            if (split.mergeLaunch()) {
                steps.add(momentsOfSets(split));
            }
        }
        steps.add(results(split));
        return steps.stream().map(Step::followingTurns).toList();
    }

    private Step<ForwardBuffers> moments(SplitPlan split) {
        return geometry.momentsAcrossRows() ? momentsOfColumns() : momentsOfBlocks(split);
    }

    private Step<ForwardBuffers> results(SplitPlan split) {
        return geometry.affineAcrossRows() ? affineColumns(split) : affine(split);
    }

    private boolean given() {
        return problem.statistics() == Statistics.GIVEN;
    }

    private Step<ForwardBuffers> resident(WholeSetsPlan whole) {
        Cut cut = Cut.of(geometry);
        long setsPerGroup = (long) whole.setsAtATime() * whole.setsInTurn();
        return new Step<>(
                kernels.resident(),
                plan.workGroupSize(),
                Divide.ceil(geometry.sets(), setsPerGroup),
                setsPerGroup * geometry.setSize(),
                (arguments, buffers) -> {
                    tensors(arguments, buffers)
                            .with("mean", statistic(buffers.meanHi(), Scratch.MEAN_HI))
                            .with("mean_lo", buffers.meanLo())
                            .with("rstd", statistic(buffers.rstd(), Scratch.RSTD))
                            .with("variance", buffers.variance())
                            .with("count", geometry.sets())
                            .with(geometry)
                            .with(cut)
                            .with("blocks_per_row", cut.perRow())
                            .with("sets_per_team", whole.setsInTurn())
                            .withLocal("moments", LocalMemory.moments(plan, problem));
                    if (whole.secondRead() != SecondRead.REGISTERS) {
                        arguments
                                .with("items_per_run", plan.itemsPerRun(geometry))
                                .withLocal("kept", Math.max(real.bytes(), LocalMemory.kept(plan, problem)));
                    }
                });
    }

    private Step<ForwardBuffers> residentColumns(ResidentPlan resident) {
        Columns columns = Columns.of(geometry);
        SideBySide parts = SideBySide.of(resident, geometry);
        return new Step<>(
                kernels.residentColumns(),
                plan.workGroupSize(),
                geometry.samples() * parts.parts(),
                parts.sets() * geometry.setSize(),
                (arguments, buffers) -> tensors(arguments, buffers)
                        .with("mean", statistic(buffers.meanHi(), Scratch.MEAN_HI))
                        .with("mean_lo", statistic(buffers.meanLo(), Scratch.MEAN_LO))
                        .with("rstd", statistic(buffers.rstd(), Scratch.RSTD))
                        .with("variance", buffers.variance())
                        .with("moments", momentsOfAllBlocks(buffers))
                        .with("stride", stride())
                        .with(geometry)
                        .with(columns, parts.strips())
                        .with(Cut.of(geometry))
                        .with("groups_per_part", parts.sets())
                        .with("parts", parts.parts()));
    }

    private Step<ForwardBuffers> momentsOfBlocks(SplitPlan split) {
        Geometry rows = geometry.joined();
        Cut cut = Cut.of(geometry);
        int perPart = Math.min(split.blocksPerPart(), cut.blocks());
        long parts = Divide.ceil(cut.blocks(), perPart);
        return new Step<>(
                kernels.momentsOfBlocks(),
                plan.workGroupSize(),
                rows.sets() * parts,
                (long) perPart * Cut.BLOCK,
                (arguments, buffers) -> input(arguments, buffers)
                        .with("moments", momentsOfAllBlocks(buffers))
                        .with("stride", stride())
                        .with(rows)
                        .with("blocks", cut.blocks())
                        .with("blocks_per_row", cut.perRow())
                        .with("blocks_per_part", perPart)
                        .with("parts", parts));
    }

    private Step<ForwardBuffers> momentsOfColumns() {
        Columns columns = Columns.of(geometry);
        Shares shares = Shares.of(plan, columns);
        long groups = geometry.samples() * shares.parts();
        return new Step<>(
                kernels.momentsOfColumns(),
                plan.workGroupSize(),
                groups,
                geometry.elements() / groups,
                (arguments, buffers) -> input(arguments, buffers)
                        .with("moments", momentsOfAllBlocks(buffers))
                        .with("stride", stride())
                        .with(geometry)
                        .with(columns, shares.strips())
                        .with("shares_per_part", shares.perPart())
                        .with("parts", shares.parts()));
    }

    private Step<ForwardBuffers> momentsOfSets(SplitPlan split) {
        Cut cut = Cut.of(geometry);
        return new Step<>(
                kernels.momentsOfSets(),
                MergeTeam.of(plan, session.device()).workGroupSize(),
                geometry.sets(),
                4L * cut.blocks(),
                (arguments, buffers) -> arguments
                        .with("moments", momentsOfAllBlocks(buffers))
                        .with("mean", mean(buffers))
                        .with("mean_lo", meanLo(split, buffers))
                        .with("rstd", rstd(buffers))
                        .with("variance", buffers.variance())
                        .with("stride", stride())
                        .with(geometry)
                        .with(cut));
    }

    private Step<ForwardBuffers> affine(SplitPlan split) {
        int piecesPerRow = Cut.piecesPerRow(geometry);
        int pieces = (int) geometry.rows() * piecesPerRow;
        int perPart = Math.min(split.blocksPerPart(), pieces);
        long parts = Divide.ceil(pieces, perPart);
        return new Step<>(
                kernels.affine(),
                plan.workGroupSize(),
                geometry.sets() * parts,
                (long) perPart * Cut.BLOCK,
                (arguments, buffers) -> tensors(arguments, buffers)
                        .with("moments", given() || split.mergeLaunch() ? null : momentsOfAllBlocks(buffers))
                        .with("mean", mean(buffers))
                        .with("mean_lo", meanLo(split, buffers))
                        .with("rstd", rstd(buffers))
                        .with("variance", buffers.variance())
                        .with("stride", given() ? 0 : stride())
                        .with(geometry)
                        .with(given() ? Cut.NONE : Cut.of(geometry))
                        .with("blocks_of_set", pieces)
                        .with("blocks_per_row", piecesPerRow)
                        .with("blocks_per_part", perPart)
                        .with("parts", parts)
                        .with("items_per_run", plan.itemsPerRun(geometry)));
    }

    private Step<ForwardBuffers> affineColumns(SplitPlan split) {
        Columns columns = Columns.of(geometry);
        Shares shares = Shares.of(plan, columns);
        long groups = geometry.samples() * shares.parts();
        return new Step<>(
                kernels.affineColumns(),
                plan.workGroupSize(),
                groups,
                geometry.elements() / groups,
                (arguments, buffers) -> tensors(arguments, buffers)
                        .with("mean", mean(buffers))
                        .with("mean_lo", meanLo(split, buffers))
                        .with("rstd", rstd(buffers))
                        .with("variance", buffers.variance())
                        .with(geometry)
                        .with(columns, shares.strips())
                        .with("shares_per_part", shares.perPart())
                        .with("parts", shares.parts()));
    }

    private static KernelArguments input(KernelArguments arguments, ForwardBuffers buffers) {
        return arguments.with("x", buffers.input()).with("residual", buffers.residual());
    }

    /** The arguments of all kernels that write results. */
    private static KernelArguments tensors(KernelArguments arguments, ForwardBuffers buffers) {
        return input(arguments, buffers)
                .with("y", buffers.output())
                .with("sum", buffers.sum())
                .with("gamma", buffers.weight())
                .with("beta", buffers.bias());
    }

    /** Four values a block, {@link #stride()} apart. */
    private DeviceBuffer momentsOfAllBlocks(ForwardBuffers buffers) {
        if (buffers.moments() != null) {
            return buffers.moments();
        }
        return session.scratch().get(Scratch.MOMENTS, 4 * stride() * real.bytes());
    }

    private long stride() {
        return geometry.sets() * Cut.of(geometry).blocks();
    }

    // The statistics of the strategy split. Scratch memory takes what the caller does not need and the last launch
    // reads.

    private DeviceBuffer mean(ForwardBuffers buffers) {
        return given() ? buffers.meanHi() : statistic(buffers.meanHi(), Scratch.MEAN_HI);
    }

    private DeviceBuffer meanLo(SplitPlan split, ForwardBuffers buffers) {
        if (given()) {
            return null;
        }
        return split.mergeLaunch() ? statistic(buffers.meanLo(), Scratch.MEAN_LO) : buffers.meanLo();
    }

    private DeviceBuffer rstd(ForwardBuffers buffers) {
        return given() ? null : statistic(buffers.rstd(), Scratch.RSTD);
    }

    private DeviceBuffer statistic(DeviceBuffer wanted, Scratch scratch) {
        return wanted != null ? wanted : session.scratch().get(scratch, geometry.sets() * real.bytes());
    }
}
