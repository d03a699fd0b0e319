package io.github.clnorm.internal.runtime;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.GradientCut.Order;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.LocalMemory;
import io.github.clnorm.internal.plan.ParameterMerge;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanRules;
import io.github.clnorm.internal.plan.Shares;
import io.github.clnorm.internal.plan.SplitPlan;
import io.github.clnorm.internal.plan.TiledPlan;
import io.github.clnorm.internal.plan.WholeSetsPlan;
import io.github.clnorm.type.ElementType;
import java.util.Optional;

/**
 * Enqueues the backward pass of any normalization: the launches of a plan for a problem.
 *
 * <p>Thread-safe: a pass is enqueued under the session's lock.
 */
public final class Backward {

    /**
     * What the pass reads and writes, all on one session.
     *
     * @param input x, {@code geometry.elements()} elements
     * @param residual as x, with a problem that has one; else null
     * @param gradOutput dy, as x
     * @param weight gamma, one element a parameter, or null
     * @param bias beta, one element a parameter, or null
     * @param mean one real a set; null where no mean was taken
     * @param meanRest what rounding took from the mean, one real a set, or null for 0
     * @param rstd one real a set: 1 / sqrt(variance + eps), or, where statistics are given, the variance
     * @param gradInput dx, as x, where it is wanted; may be dy, since every element is read before it is written
     * @param gradWeight as the weight, where it is wanted
     * @param gradBias as the bias, where it is wanted
     */
    public record Buffers(
            DeviceBuffer input,
            DeviceBuffer residual,
            DeviceBuffer gradOutput,
            DeviceBuffer weight,
            DeviceBuffer bias,
            DeviceBuffer mean,
            DeviceBuffer meanRest,
            DeviceBuffer rstd,
            DeviceBuffer gradInput,
            DeviceBuffer gradWeight,
            DeviceBuffer gradBias) {

        private DeviceBuffer[] all() {
            return new DeviceBuffer[] {
                input, residual, gradOutput, weight, bias, mean, meanRest, rstd, gradInput, gradWeight, gradBias
            };
        }

        private static Buffers of(DeviceBuffer... all) {
            return new Buffers(all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7], all[8], all[9], all[10]);
        }
    }

    /** Sums of blocks on their way to those who merge them. */
    private record Sums(DeviceBuffer partials, long stride) {}

    private final Session session;
    private final Launcher launcher;
    private final BackwardProblem problem;
    private final Geometry geometry;
    private final GradientCut cut;
    private final ElementType real;
    private final Plan plan;
    private final BackwardKernels kernels;
    private final Buffers buffers;
    private final double eps;

    private Backward(Session session, BackwardProblem problem, Plan plan, Buffers buffers, double eps) {
        this.session = session;
        this.launcher = new Launcher(session);
        this.problem = problem;
        this.geometry = problem.geometry();
        this.cut = GradientCut.of(geometry);
        this.real = problem.real();
        this.plan = plan;
        this.kernels = new BackwardKernels(session, plan, problem);
        this.buffers = buffers;
        this.eps = eps;
    }

    /**
     * Enqueues the launches and sends them to the device, without waiting.
     *
     * @param session where
     * @param problem what is computed, not empty
     * @param plan how; decides speed, not results
     * @param buffers what is read and written
     * @param eps added to the variance, where statistics are given
     * @throws IllegalArgumentException when the device cannot run the plan
     */
    public static void enqueue(Session session, BackwardProblem problem, Plan plan, Buffers buffers, double eps) {
        DeviceBuffer[] all = buffers.all();
        session.lock();
        try {
            session.planned(plan);
            session.prepared(Launches.Key.of(problem, plan, eps, all), () -> launches(session, problem, plan, eps, all))
                    .enqueue(all);
            session.flush();
        } finally {
            session.unlock();
        }
    }

    private static Launches launches(
            Session session, BackwardProblem problem, Plan plan, double eps, DeviceBuffer... buffers) {
        DeviceInfo device = session.device();
        Optional<String> broken = PlanRules.problem(plan, problem, device);
        if (broken.isPresent()) {
            throw new IllegalArgumentException(
                    "plan (" + plan + ") cannot run on " + device.description() + ": " + broken.get());
        }
        DeviceBuffer[] standIns = Launches.standIns(session, buffers);
        Backward backward = new Backward(session, problem, plan, Buffers.of(standIns), eps);
        backward.enqueue();
        return backward.launcher.launches(standIns);
    }

    /** The gradients of parameters come first where they are made from x and dy: dx may take the place of dy. */
    private void enqueue() {
        if (plan instanceof TiledPlan) {
            tiled();
        } else if (plan instanceof SplitPlan split) {
            split(split);
        } else {
            wholeSets((WholeSetsPlan) plan);
        }
    }

    private void wholeSets(WholeSetsPlan whole) {
        if (cut.order() == Order.EACH && problem.parameters()) {
            acrossSamples();
        }
        Sums sums = setSums();
        resident(whole, sums);
        if (cut.order() != Order.EACH && problem.parameters() && !withParameters()) {
            ofParameters(sums, geometry, cut);
        }
    }

    private void split(SplitPlan split) {
        boolean each = cut.order() == Order.EACH;
        if (each && problem.parameters()) {
            acrossSamples();
        }
        DeviceBuffer g = null;
        DeviceBuffer gOfXhat = null;
        if (problem.setSums() || problem.parameters() && !each) {
            Sums sums = setSums();
            if (cut.order() == Order.COLUMNS) {
                sumsOfColumns(kernels.sumsOfColumns(), sums, geometry, 1, 1);
            } else {
                sumsOfBlocks(split, sums);
            }
            if (problem.parameters() && !each) {
                ofParameters(sums, geometry, cut);
            }
            if (problem.setSums()) {
                g = session.scratch(Session.Scratch.G, geometry.sets() * real.bytes());
                gOfXhat = session.scratch(Session.Scratch.G_OF_XHAT, geometry.sets() * real.bytes());
                ofSets(sums, g, gOfXhat);
            }
        }
        if (problem.input()) {
            if (cut.order() == Order.COLUMNS) {
                inputOfColumns(g, gOfXhat);
            } else {
                input(split, g, gOfXhat);
            }
        }
    }

    private boolean withParameters() {
        return ParameterMerge.inWorkGroups(plan, problem);
    }

    private Sums setSums() {
        long stride = geometry.sets() * cut.blocks();
        return new Sums(session.scratch(Session.Scratch.SET_SUMS, 2 * stride * real.bytes()), stride);
    }

    private Sums parameterSums(Geometry across, GradientCut ofColumns) {
        long stride = across.sets() * ofColumns.blocks();
        return new Sums(session.scratch(Session.Scratch.PARAMETER_SUMS, 2 * stride * real.bytes()), stride);
    }

    private void sumsOfBlocks(SplitPlan split, Sums sums) {
        int perPart = split.blocksPerPart(problem);
        int parts = (int) ceil(cut.blocks(), perPart);
        OpenCl.Kernel kernel = kernels.sums();
        int firstGroup = saved(kernel)
                .add(sums.partials)
                .add(sums.stride)
                .add(geometry)
                .add(cut)
                .add(perPart)
                .add(parts)
                .skip();
        launch(kernel, firstGroup, geometry.sets() * parts, perPart * cut.elementsOfBlock(geometry));
    }

    private void sumsOfColumns(OpenCl.Kernel kernel, Sums sums, Geometry seen, long setsPerRow, long setWidth) {
        Columns columns = Columns.of(seen);
        Shares shares = Shares.of(plan, columns);
        int firstGroup = saved(kernel)
                .add(sums.partials)
                .add(sums.stride)
                .add(seen)
                .add(columns.lanes())
                .add(shares.strips())
                .add(columns.tiles())
                .add((int) setsPerRow)
                .add((int) setWidth)
                .add(shares.perPart())
                .add(shares.parts())
                .skip();
        long groups = seen.samples() * shares.parts();
        launch(kernel, firstGroup, groups, seen.elements() / groups);
    }

    /** The gradients of parameters that every element of a row has for itself: across the samples, and merged. */
    private void acrossSamples() {
        Geometry across = GradientCut.acrossSamples(geometry);
        GradientCut ofColumns = GradientCut.ofColumns(geometry);
        Sums sums = parameterSums(across, ofColumns);
        sumsOfColumns(kernels.sumsAcrossSamples(), sums, across, geometry.groups(), geometry.width());
        ofParameters(sums, across, ofColumns);
    }

    private void ofSets(Sums sums, DeviceBuffer g, DeviceBuffer gOfXhat) {
        OpenCl.Kernel kernel = kernels.ofSets();
        int firstSet = launcher.arguments(kernel)
                .add(sums.partials)
                .add(buffers.weight)
                .add(g)
                .add(gOfXhat)
                .add(sums.stride)
                .add(geometry)
                .add(cut)
                .skip();
        launcher.launch(kernel, kernels.mergeGroupSize(), firstSet, geometry.sets(), 2L * cut.blocks());
    }

    private void ofParameters(Sums sums, Geometry seen, GradientCut of) {
        OpenCl.Kernel kernel = kernels.ofParameters(seen.samples(), of);
        int each = ParameterMerge.sideBySide(plan, seen.samples(), of) ? plan.vectorWidth() : 1;
        int firstGroup = launcher.arguments(kernel)
                .add(sums.partials)
                .add(sums.stride)
                .add(seen.samples())
                .add(seen.groups())
                .add(of)
                .add(buffers.gradWeight)
                .add(buffers.gradBias)
                .add(each)
                .skip();
        long groups = ceil(seen.groups() * of.runs(), each);
        launcher.launch(kernel, kernels.mergeGroupSize(), firstGroup, groups, ceil(2 * sums.stride, groups));
    }

    private void input(SplitPlan split, DeviceBuffer g, DeviceBuffer gOfXhat) {
        int perPart = split.blocksPerPart(problem);
        int parts = (int) ceil(cut.blocks(), perPart);
        OpenCl.Kernel kernel = kernels.input();
        int firstGroup = saved(kernel)
                .add(g)
                .add(gOfXhat)
                .add(buffers.gradInput)
                .add(geometry)
                .add(cut)
                .add(perPart)
                .add(parts)
                .skip();
        launch(kernel, firstGroup, geometry.sets() * parts, perPart * cut.elementsOfBlock(geometry));
    }

    private void inputOfColumns(DeviceBuffer g, DeviceBuffer gOfXhat) {
        Columns columns = Columns.of(geometry);
        Shares shares = Shares.of(plan, columns);
        OpenCl.Kernel kernel = kernels.inputOfColumns();
        int firstGroup = saved(kernel)
                .add(g)
                .add(gOfXhat)
                .add(buffers.gradInput)
                .add(geometry)
                .add(columns.lanes())
                .add(shares.strips())
                .add(columns.tiles())
                .add(shares.perPart())
                .add(shares.parts())
                .skip();
        long groups = geometry.samples() * shares.parts();
        launch(kernel, firstGroup, groups, geometry.elements() / groups);
    }

    private void resident(WholeSetsPlan whole, Sums sums) {
        long setsPerGroup = (long) whole.setsAtATime() * whole.setsInTurn();
        long rounds = withParameters() ? geometry.samples() : 1;
        OpenCl.Kernel kernel = kernels.resident();
        KernelArguments arguments = saved(kernel)
                .add(sums.partials)
                .add(sums.stride)
                .add(buffers.gradInput)
                .add(buffers.gradWeight)
                .add(buffers.gradBias)
                .add(geometry.samples())
                .add(geometry)
                .add(cut)
                .add(whole.setsInTurn());
        int firstGroup = arguments.skip();
        arguments.addLocal(Math.max(real.bytes(), LocalMemory.kept(plan, problem)));
        long groups = ceil(geometry.sets() / rounds, setsPerGroup);
        launch(kernel, firstGroup, groups, rounds * setsPerGroup * geometry.setSize());
    }

    private void tiled() {
        Geometry across = GradientCut.acrossSamples(geometry);
        GradientCut ofColumns = GradientCut.ofColumns(geometry);
        Sums sums = parameterSums(across, ofColumns);
        int tiles = Columns.of(across).tiles();
        boolean wide = LocalMemory.hasWideRows(problem);
        long ofTile = LocalMemory.columns(problem);
        OpenCl.Kernel kernel = kernels.tiles();
        KernelArguments arguments = saved(kernel)
                .add(sums.partials)
                .add(sums.stride)
                .add(buffers.gradInput)
                .add(geometry.samples())
                .add(geometry)
                .add(cut)
                .add(tiles)
                .add(wide ? session.scratch(Session.Scratch.COLUMNS, tiles * geometry.groups() * ofTile) : null);
        int firstGroup = arguments.skip();
        arguments.addLocal(wide ? real.bytes() : ofTile).addLocal(LocalMemory.tileSums(problem));
        launch(kernel, firstGroup, tiles * geometry.groups(), Columns.TILE_ROWS * geometry.width());
        ofParameters(sums, across, ofColumns);
    }

    /** What a kernel that walks through x and dy begins with. */
    private KernelArguments saved(OpenCl.Kernel kernel) {
        return launcher.arguments(kernel)
                .add(buffers.input)
                .add(buffers.residual)
                .add(buffers.gradOutput)
                .add(buffers.weight)
                .add(buffers.bias)
                .add(buffers.mean)
                .add(buffers.meanRest)
                .add(buffers.rstd)
                .addReal(real, eps);
    }

    private void launch(OpenCl.Kernel kernel, int firstGroupArgument, long groups, long elementsPerGroup) {
        launcher.launch(kernel, plan.workGroupSize(), firstGroupArgument, groups, elementsPerGroup);
    }

    private static long ceil(long a, long b) {
        return (a + b - 1) / b;
    }
}
