package io.github.clnorm.internal.runtime;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.LocalMemory;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanRules;
import io.github.clnorm.internal.plan.ResidentPlan;
import io.github.clnorm.internal.plan.Shares;
import io.github.clnorm.internal.plan.SideBySide;
import io.github.clnorm.internal.plan.SplitPlan;
import io.github.clnorm.internal.plan.WholeSetsPlan;
import io.github.clnorm.type.ElementType;
import java.util.Optional;

/**
 * Enqueues the forward pass of any normalization: the launches of a plan for a problem.
 *
 * <p>Thread-safe: a pass is enqueued under the session's lock.
 */
public final class Forward {

    /**
     * What the pass reads and writes, all on one session.
     *
     * @param input x, {@code geometry.elements()} elements
     * @param residual as x, with a problem that has one; else null
     * @param weight gamma, one element a parameter, or null
     * @param bias beta, one element a parameter, or null
     * @param output y, as x; may be the input, since every element is read before it is written
     * @param sum x + residual, as x, with a problem that wants it; else null
     * @param mean one real a set: read where statistics are given, else written; null when nobody wants it
     * @param meanRest what rounding took from the mean, one real a set, or null when nobody wants it
     * @param variance one real a set: read where statistics are given, else written; null when nobody wants it
     * @param rstd one real a set, or null when nobody wants it
     */
    public record Buffers(
            DeviceBuffer input,
            DeviceBuffer residual,
            DeviceBuffer weight,
            DeviceBuffer bias,
            DeviceBuffer output,
            DeviceBuffer sum,
            DeviceBuffer mean,
            DeviceBuffer meanRest,
            DeviceBuffer variance,
            DeviceBuffer rstd) {

        private DeviceBuffer[] all() {
            return new DeviceBuffer[] {input, residual, weight, bias, output, sum, mean, meanRest, variance, rstd};
        }

        private static Buffers of(DeviceBuffer... all) {
            return new Buffers(all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7], all[8], all[9]);
        }
    }

    private final Session session;
    private final Launcher launcher;
    private final ForwardProblem problem;
    private final Geometry geometry;
    private final ElementType real;
    private final Plan plan;
    private final ForwardKernels kernels;
    private final Buffers buffers;
    private final double eps;

    private Forward(Session session, ForwardProblem problem, Plan plan, Buffers buffers, double eps) {
        this.session = session;
        this.launcher = new Launcher(session);
        this.problem = problem;
        this.geometry = problem.geometry();
        this.real = problem.real();
        this.plan = plan;
        this.kernels = new ForwardKernels(session, plan, problem);
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
     * @param eps added to the variance
     * @throws IllegalArgumentException when the device cannot run the plan
     */
    public static void enqueue(Session session, ForwardProblem problem, Plan plan, Buffers buffers, double eps) {
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
            Session session, ForwardProblem problem, Plan plan, double eps, DeviceBuffer... buffers) {
        DeviceInfo device = session.device();
        Optional<String> broken = PlanRules.problem(plan, problem, device);
        if (broken.isPresent()) {
            throw new IllegalArgumentException(
                    "plan (" + plan + ") cannot run on " + device.description() + ": " + broken.get());
        }
        DeviceBuffer[] standIns = Launches.standIns(session, buffers);
        Forward forward = new Forward(session, problem, plan, Buffers.of(standIns), eps);
        if (plan instanceof SplitPlan split) {
            forward.split(split);
        } else if (problem.geometry().acrossRows()) {
            forward.residentColumns((ResidentPlan) plan);
        } else {
            forward.resident((WholeSetsPlan) plan);
        }
        return forward.launcher.launches(standIns);
    }

    private void resident(WholeSetsPlan whole) {
        Cut cut = Cut.of(geometry);
        long setsPerGroup = (long) whole.setsAtATime() * whole.setsInTurn();
        OpenCl.Kernel kernel = kernels.resident();
        KernelArguments arguments = elementwise(kernel)
                .add(statistic(buffers.mean, Session.Scratch.MEAN))
                .add(buffers.meanRest)
                .add(statistic(buffers.rstd, Session.Scratch.RSTD))
                .add(buffers.variance)
                .add(geometry.sets())
                .add(geometry)
                .add(real, cut)
                .add(cut.perRow())
                .add(plan.itemsPerRun(geometry))
                .add(whole.setsInTurn())
                .addReal(real, eps);
        int firstGroup = arguments.skip();
        arguments
                .addLocal(LocalMemory.moments(plan, problem))
                .addLocal(Math.max(real.bytes(), LocalMemory.kept(plan, problem)));
        launch(kernel, firstGroup, ceil(geometry.sets(), setsPerGroup), setsPerGroup * geometry.setSize());
    }

    private void residentColumns(ResidentPlan resident) {
        Columns columns = Columns.of(geometry);
        SideBySide parts = SideBySide.of(resident, geometry);
        Cut cut = Cut.of(geometry);
        long stride = geometry.sets() * cut.blocks();
        OpenCl.Kernel kernel = kernels.residentColumns();
        int firstGroup = elementwise(kernel)
                .add(statistic(buffers.mean, Session.Scratch.MEAN))
                .add(statistic(buffers.meanRest, Session.Scratch.MEAN_LO))
                .add(statistic(buffers.rstd, Session.Scratch.RSTD))
                .add(buffers.variance)
                .add(session.scratch(Session.Scratch.MOMENTS, 4 * stride * real.bytes()))
                .add(stride)
                .add(geometry)
                .add(columns.lanes())
                .add(parts.strips())
                .add(columns.tiles())
                .add(real, cut)
                .add(parts.sets())
                .add(parts.parts())
                .addReal(real, eps)
                .skip();
        launch(kernel, firstGroup, geometry.samples() * parts.parts(), parts.sets() * geometry.setSize());
    }

    /** The moments of a split plan on their way from one launch to the next. */
    private record Moments(
            DeviceBuffer ofBlocks, long stride, DeviceBuffer mean, DeviceBuffer meanLo, DeviceBuffer rstd) {}

    private void split(SplitPlan split) {
        Moments moments = null;
        if (problem.statistics() == Statistics.GIVEN) {
            moments = new Moments(null, 0, buffers.mean, null, null);
        } else {
            long stride = geometry.sets() * Cut.of(geometry).blocks();
            moments = new Moments(
                    session.scratch(Session.Scratch.MOMENTS, 4 * stride * real.bytes()),
                    stride,
                    statistic(buffers.mean, Session.Scratch.MEAN),
                    split.mergeLaunch() ? statistic(buffers.meanRest, Session.Scratch.MEAN_LO) : buffers.meanRest,
                    statistic(buffers.rstd, Session.Scratch.RSTD));
            if (geometry.momentsAcrossRows()) {
                momentsOfColumns(moments);
            } else {
                momentsOfBlocks(split, moments);
            }
            if (split.mergeLaunch()) {
                momentsOfSets(moments);
            }
        }
        if (geometry.affineAcrossRows()) {
            affineColumns(moments);
        } else {
            affine(split, moments);
        }
    }

    private void momentsOfBlocks(SplitPlan split, Moments moments) {
        Geometry rows = geometry.joined();
        Cut cut = Cut.of(geometry);
        int blocksPerPart = Math.min(split.blocksPerPart(), cut.blocks());
        int parts = (int) ceil(cut.blocks(), blocksPerPart);
        OpenCl.Kernel kernel = kernels.momentsOfBlocks();
        int firstGroup = launcher.arguments(kernel)
                .add(buffers.input)
                .add(buffers.residual)
                .add(moments.ofBlocks)
                .add(moments.stride)
                .add(rows)
                .add(cut.blocks())
                .add(cut.perRow())
                .add(blocksPerPart)
                .add(parts)
                .skip();
        launch(kernel, firstGroup, rows.sets() * parts, (long) blocksPerPart * Cut.BLOCK);
    }

    private void momentsOfColumns(Moments moments) {
        Columns columns = Columns.of(geometry);
        Shares shares = Shares.of(plan, columns);
        OpenCl.Kernel kernel = kernels.momentsOfColumns();
        int firstGroup = launcher.arguments(kernel)
                .add(buffers.input)
                .add(buffers.residual)
                .add(moments.ofBlocks)
                .add(moments.stride)
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

    private void momentsOfSets(Moments moments) {
        Cut cut = Cut.of(geometry);
        OpenCl.Kernel kernel = kernels.momentsOfSets();
        int firstSet = launcher.arguments(kernel)
                .add(moments.ofBlocks)
                .add(moments.mean)
                .add(moments.meanLo)
                .add(moments.rstd)
                .add(buffers.variance)
                .add(moments.stride)
                .add(geometry)
                .add(real, cut)
                .addReal(real, eps)
                .skip();
        launcher.launch(kernel, kernels.mergeGroupSize(), firstSet, geometry.sets(), 4L * cut.blocks());
    }

    private void affine(SplitPlan split, Moments moments) {
        int piecesPerRow = Cut.piecesPerRow(geometry);
        int pieces = (int) geometry.rows() * piecesPerRow;
        int perPart = Math.min(split.blocksPerPart(), pieces);
        int parts = (int) ceil(pieces, perPart);
        Cut cut = problem.statistics() == Statistics.GIVEN ? new Cut(1, 1, 1, 1, 1, 0, 0, 1) : Cut.of(geometry);
        OpenCl.Kernel kernel = kernels.affine();
        int firstGroup = elementwise(kernel)
                .add(moments.ofBlocks)
                .add(moments.mean)
                .add(moments.meanLo)
                .add(moments.rstd)
                .add(buffers.variance)
                .add(moments.stride)
                .add(geometry)
                .add(real, cut)
                .add(pieces)
                .add(piecesPerRow)
                .add(perPart)
                .add(parts)
                .add(plan.itemsPerRun(geometry))
                .addReal(real, eps)
                .skip();
        launch(kernel, firstGroup, geometry.sets() * parts, (long) perPart * Cut.BLOCK);
    }

    private void affineColumns(Moments moments) {
        Columns columns = Columns.of(geometry);
        Shares shares = Shares.of(plan, columns);
        OpenCl.Kernel kernel = kernels.affineColumns();
        int firstGroup = elementwise(kernel)
                .add(moments.mean)
                .add(moments.meanLo)
                .add(moments.rstd)
                .add(buffers.variance)
                .add(geometry)
                .add(columns.lanes())
                .add(shares.strips())
                .add(columns.tiles())
                .add(shares.perPart())
                .add(shares.parts())
                .addReal(real, eps)
                .skip();
        long groups = geometry.samples() * shares.parts();
        launch(kernel, firstGroup, groups, geometry.elements() / groups);
    }

    private DeviceBuffer statistic(DeviceBuffer wanted, Session.Scratch scratch) {
        return wanted != null ? wanted : session.scratch(scratch, geometry.sets() * real.bytes());
    }

    /** What a kernel that writes results begins with. */
    private KernelArguments elementwise(OpenCl.Kernel kernel) {
        return launcher.arguments(kernel)
                .add(buffers.input)
                .add(buffers.residual)
                .add(buffers.output)
                .add(buffers.sum)
                .add(buffers.weight)
                .add(buffers.bias);
    }

    private void launch(OpenCl.Kernel kernel, int firstGroupArgument, long groups, long elementsPerGroup) {
        launcher.launch(kernel, plan.workGroupSize(), firstGroupArgument, groups, elementsPerGroup);
    }

    private static long ceil(long a, long b) {
        return (a + b - 1) / b;
    }
}
