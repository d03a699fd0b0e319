package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Divide;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.GradientCut.Order;
import io.github.clnorm.internal.plan.LocalMemory;
import io.github.clnorm.internal.plan.MergeTeam;
import io.github.clnorm.internal.plan.ParameterMerge;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.SecondRead;
import io.github.clnorm.internal.plan.Shares;
import io.github.clnorm.internal.plan.SplitPlan;
import io.github.clnorm.internal.plan.TiledPlan;
import io.github.clnorm.internal.plan.WholeSetsPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/** The launches of a backward pass. */
final class Backward extends PassSteps<BackwardBuffers> {

    private final BackwardProblem problem;
    private final GradientCut cut;
    private final BackwardKernels kernels;

    /** The sums of all blocks, which later launches merge. */
    private record Sums(Scratch scratch, long stride) {}

    Backward(Session session, BackwardProblem problem, Plan plan, boolean alignedBuffers) {
        super(session, problem, plan);
        this.problem = problem;
        this.cut = GradientCut.of(geometry);
        this.kernels =
                new BackwardKernels(session, plan, problem, new AlignedVectors(session.device(), plan, alignedBuffers));
    }

    /** Gradients of parameters come first if they are made from x and dy, since dx may overwrite dy. */
    @Override
    List<Step<BackwardBuffers>> steps(Phase phase) {
        boolean columns = cut.order() == Order.COLUMNS;
        boolean each = cut.order() == Order.EACH;
        return switch (phase) {
            case ALL -> all();
            case SUMS -> List.of(columns ? sumsOfColumns() : sumsOfBlocks((SplitPlan) plan));
            case SUMS_ACROSS_SAMPLES -> List.of(sumsAcrossSamples());
            case MERGE -> List.of(ofSets());
            case PARAMETERS -> List.of(each ? ofParametersAcrossSamples() : ofParameters(setSums(), geometry, cut));
            case RESULTS -> List.of(columns ? inputOfColumns() : input((SplitPlan) plan));
        };
    }

    private List<Step<BackwardBuffers>> all() {
        List<Step<BackwardBuffers>> steps = new ArrayList<>();
        boolean each = cut.order() == Order.EACH;
        boolean ofSets = problem.parameters() && !each;
        if (plan instanceof TiledPlan) {
            steps.add(tiles());
            steps.add(ofParametersAcrossSamples());
        } else if (plan instanceof SplitPlan split) {
            addAcrossSamples(steps);
            addInTurns(split, ofSets, steps);
            if (ofSets) {
                steps.add(ofParameters(setSums(), geometry, cut));
            }
        } else {
            addAcrossSamples(steps);
            steps.add(resident((WholeSetsPlan) plan));
            if (ofSets && !withParameters()) {
                steps.add(ofParameters(setSums(), geometry, cut));
            }
        }
        return steps;
    }

    /** The sums of blocks and sets, and dx. A turn overwrites no dy but its own. */
    private void addInTurns(SplitPlan split, boolean ofSets, List<Step<BackwardBuffers>> steps) {
        boolean columns = cut.order() == Order.COLUMNS;
        if (problem.setSums() || ofSets) {
            steps.add((columns ? sumsOfColumns() : sumsOfBlocks(split)).followingTurns());
        }
        if (problem.setSums()) {
            steps.add(ofSets().followingTurns());
        }
        if (problem.input()) {
            steps.add((columns ? inputOfColumns() : input(split)).followingTurns());
        }
    }

    /** The gradients of parameters, if every element of a row has its own: summed across the samples, and merged. */
    private void addAcrossSamples(List<Step<BackwardBuffers>> steps) {
        if (cut.order() == Order.EACH && problem.parameters()) {
            steps.add(sumsAcrossSamples());
            steps.add(ofParametersAcrossSamples());
        }
    }

    private Step<BackwardBuffers> sumsAcrossSamples() {
        return sumsOfColumns(
                kernels.sumsAcrossSamples(),
                parameterSums(),
                GradientCut.acrossSamples(geometry),
                GradientCut.setsOfRow(geometry),
                geometry.width());
    }

    private Step<BackwardBuffers> ofParametersAcrossSamples() {
        return ofParameters(parameterSums(), GradientCut.acrossSamples(geometry), GradientCut.ofColumns(geometry));
    }

    private boolean withParameters() {
        return ParameterMerge.inWorkGroups(plan, problem);
    }

    private Sums setSums() {
        return new Sums(Scratch.SET_SUMS, geometry.sets() * cut.blocks());
    }

    private Sums parameterSums() {
        long sets = GradientCut.acrossSamples(geometry).sets();
        return new Sums(
                Scratch.PARAMETER_SUMS, sets * GradientCut.ofColumns(geometry).blocks());
    }

    private Step<BackwardBuffers> sumsOfBlocks(SplitPlan split) {
        return ofBlocks(
                split, kernels.sums(), (arguments, buffers) -> sums(saved(arguments, buffers), buffers, setSums()));
    }

    private Step<BackwardBuffers> sumsOfColumns() {
        return sumsOfColumns(kernels.sumsOfColumns(), setSums(), geometry, 1, 1);
    }

    private Step<BackwardBuffers> sumsOfColumns(
            BuiltKernel kernel, Sums sums, Geometry seen, long setsPerRow, long setWidth) {
        return ofColumns(kernel, seen, (arguments, buffers) -> sums(saved(arguments, buffers), buffers, sums)
                .with("sets_per_row", setsPerRow)
                .with("set_width", setWidth));
    }

    private Step<BackwardBuffers> ofSets() {
        return new Step<>(
                kernels.ofSets(),
                MergeTeam.of(plan, session.device()).workGroupSize(),
                geometry.sets(),
                2L * cut.blocks(),
                (arguments, buffers) -> means(sums(arguments, buffers, setSums()), buffers)
                        .with("gamma", buffers.weight())
                        .with(geometry)
                        .with(cut));
    }

    private Step<BackwardBuffers> ofParameters(Sums sums, Geometry seen, GradientCut of) {
        long samples = seen.sets() / seen.owners();
        int each = ParameterMerge.sideBySide(plan, samples, of) ? plan.vectorWidth() : 1;
        long groups = Divide.ceil(seen.owners() * of.runs(), each);
        return new Step<>(
                kernels.ofParameters(samples, of),
                MergeTeam.of(plan, session.device()).workGroupSize(),
                groups,
                Divide.ceil(2 * sums.stride, groups),
                (arguments, buffers) -> sums(arguments, buffers, sums)
                        .with("samples", samples)
                        .with("groups", seen.owners())
                        .with(of)
                        .with("dgamma", buffers.gradWeight())
                        .with("dbeta", buffers.gradBias())
                        .with("each", each));
    }

    private Step<BackwardBuffers> input(SplitPlan split) {
        return ofBlocks(split, kernels.input(), (arguments, buffers) -> means(saved(arguments, buffers), buffers)
                .with("dx", buffers.gradInput()));
    }

    private Step<BackwardBuffers> inputOfColumns() {
        return ofColumns(
                kernels.inputOfColumns(), geometry, (arguments, buffers) -> means(saved(arguments, buffers), buffers)
                        .with("dx", buffers.gradInput()));
    }

    private Step<BackwardBuffers> resident(WholeSetsPlan whole) {
        long setsPerGroup = (long) whole.setsAtATime() * whole.setsInTurn();
        long rounds = withParameters() ? geometry.samples() : 1;
        return new Step<>(
                kernels.resident(),
                plan.workGroupSize(),
                Divide.ceil(geometry.sets() / rounds, setsPerGroup),
                rounds * setsPerGroup * geometry.setSize(),
                (arguments, buffers) -> {
                    sums(saved(arguments, buffers), buffers, setSums())
                            .with("dx", buffers.gradInput())
                            .with("dgamma", buffers.gradWeight())
                            .with("dbeta", buffers.gradBias())
                            .with("samples", geometry.samples())
                            .with(geometry)
                            .with(cut)
                            .with("sets_per_team", whole.setsInTurn());
                    if (whole.secondRead() != SecondRead.REGISTERS) {
                        arguments.withLocal("kept", Math.max(real.bytes(), LocalMemory.kept(plan, problem)));
                    }
                });
    }

    private Step<BackwardBuffers> tiles() {
        Columns columns = Columns.of(GradientCut.acrossSamples(geometry));
        long groups = GradientCut.tiles(geometry);
        boolean wide = LocalMemory.hasWideRows(problem);
        long ofTile = LocalMemory.columns(problem);
        return new Step<>(
                kernels.tiles(),
                plan.workGroupSize(),
                groups,
                Columns.TILE_ROWS * geometry.width(),
                (arguments, buffers) -> sums(saved(arguments, buffers), buffers, parameterSums())
                        .with("dx", buffers.gradInput())
                        .with("samples", geometry.samples())
                        .with(geometry)
                        .with(cut)
                        .with("tiles", columns.tiles())
                        .with("wide", wide ? session.scratch().get(Scratch.COLUMNS, groups * ofTile) : null)
                        .withLocal("kept", wide ? real.bytes() : ofTile)
                        .withLocal("sums", LocalMemory.tileSums(problem)));
    }

    /** A launch along rows, whose work-groups share out the blocks of every set. */
    private Step<BackwardBuffers> ofBlocks(
            SplitPlan split, BuiltKernel kernel, BiConsumer<KernelArguments, BackwardBuffers> others) {
        int perPart = split.blocksPerPart(problem);
        long parts = Divide.ceil(cut.blocks(), perPart);
        return new Step<>(
                kernel,
                plan.workGroupSize(),
                geometry.sets() * parts,
                perPart * cut.elementsOfBlock(geometry),
                (arguments, buffers) -> {
                    others.accept(arguments, buffers);
                    arguments
                            .with(geometry)
                            .with(cut)
                            .with("blocks_per_part", perPart)
                            .with("parts", parts);
                });
    }

    /** A launch across rows, whose work-groups share out the columns of every sample. */
    private Step<BackwardBuffers> ofColumns(
            BuiltKernel kernel, Geometry seen, BiConsumer<KernelArguments, BackwardBuffers> others) {
        Columns columns = Columns.of(seen);
        Shares shares = Shares.of(plan, columns);
        long groups = seen.samples() * shares.parts();
        return new Step<>(kernel, plan.workGroupSize(), groups, seen.elements() / groups, (arguments, buffers) -> {
            others.accept(arguments, buffers);
            arguments
                    .with(seen)
                    .with(columns, shares.strips())
                    .with("shares_per_part", shares.perPart())
                    .with("parts", shares.parts());
        });
    }

    /** The arguments of all kernels that read x and dy. */
    private static KernelArguments saved(KernelArguments arguments, BackwardBuffers buffers) {
        return arguments
                .with("x", buffers.input())
                .with("residual", buffers.residual())
                .with("dy", buffers.gradOutput())
                .with("gamma", buffers.weight())
                .with("beta", buffers.bias())
                .with("mean", buffers.meanHi())
                .with("mean_lo", buffers.meanLo())
                .with("rstd", buffers.rstd());
    }

    /** Two values per block. */
    private KernelArguments sums(KernelArguments arguments, BackwardBuffers buffers, Sums sums) {
        return arguments
                .with("partials", given(buffers.sums(), sums.scratch, 2 * sums.stride * real.bytes()))
                .with("stride", sums.stride);
    }

    /** The means that dx takes of every set; null if it takes none. */
    private KernelArguments means(KernelArguments arguments, BackwardBuffers buffers) {
        long bytes = geometry.sets() * real.bytes();
        return arguments
                .with("g", problem.setSums() ? given(buffers.g(), Scratch.G, bytes) : null)
                .with("g_of_xhat", problem.setSums() ? given(buffers.gOfXhat(), Scratch.G_OF_XHAT, bytes) : null);
    }

    private DeviceBuffer given(DeviceBuffer buffer, Scratch scratch, long bytes) {
        return buffer != null ? buffer : session.scratch().get(scratch, bytes);
    }
}
