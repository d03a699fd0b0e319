package io.github.clnorm.runtime;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.geometry.Geometry;
import io.github.clnorm.plan.Plan;
import io.github.clnorm.plan.PlanRules;
import io.github.clnorm.plan.Strategy;
import io.github.clnorm.runtime.opencl.OpenCl;
import java.util.Optional;

/** Enqueues the forward pass of any normalization: the launches of a plan for a geometry. */
public final class Forward {

    /**
     * What the pass reads and writes, all on one session.
     *
     * @param input x, {@code geometry.elements()} floats
     * @param weight gamma, one float a parameter, or null
     * @param bias beta, one float a parameter, or null
     * @param output y, as x
     * @param mean one float a set, or null when nobody wants it
     * @param rstd one float a set, or null when nobody wants it
     */
    public record Buffers(
            DeviceBuffer input,
            DeviceBuffer weight,
            DeviceBuffer bias,
            DeviceBuffer output,
            DeviceBuffer mean,
            DeviceBuffer rstd) {}

    private final Session session;
    private final Geometry geometry;
    private final Plan plan;
    private final ForwardKernels kernels;
    private final Buffers buffers;
    private final float eps;

    private Forward(Session session, Geometry geometry, Plan plan, Buffers buffers, float eps) {
        this.session = session;
        this.geometry = geometry;
        this.plan = plan;
        this.kernels = new ForwardKernels(session, plan, geometry);
        this.buffers = buffers;
        this.eps = eps;
    }

    /**
     * Enqueues the launches and sends them to the device, without waiting.
     *
     * @param session where
     * @param geometry what is normalized, not empty
     * @param plan how; decides speed, not results
     * @param buffers what is read and written
     * @param eps added to the variance
     * @throws IllegalArgumentException when the device cannot run the plan
     */
    public static void enqueue(Session session, Geometry geometry, Plan plan, Buffers buffers, float eps) {
        DeviceInfo device = session.device();
        Optional<String> problem = PlanRules.problem(plan, geometry, device);
        if (problem.isPresent()) {
            throw new IllegalArgumentException(
                    "plan (" + plan + ") cannot run on " + device.description() + ": " + problem.get());
        }
        synchronized (session) {
            Forward forward = new Forward(session, geometry, plan, buffers, eps);
            if (plan.strategy() == Strategy.SPLIT) {
                forward.split();
            } else {
                forward.resident();
            }
            session.flush();
        }
    }

    private void resident() {
        int setsAtATime = PlanRules.setsAtATime(plan);
        long setsPerGroup = (long) setsAtATime * plan.setsPerTeam();
        OpenCl.Kernel kernel = kernels.resident();
        KernelArguments arguments = arguments(kernel)
                .add(buffers.input)
                .add(buffers.output)
                .add(buffers.weight)
                .add(buffers.bias)
                .add(statistic(buffers.mean, Session.Scratch.MEAN))
                .add(statistic(buffers.rstd, Session.Scratch.RSTD))
                .add(geometry.sets())
                .add(geometry.setSize())
                .add(geometry.blocksPerSet())
                .add(geometry.run())
                .add(geometry.parametersPerSet())
                .add(geometry.parameterGroups())
                .add(PlanRules.itemsPerRun(plan, geometry))
                .add(plan.setsPerTeam())
                .add(eps);
        int firstGroup = arguments.skip();
        arguments
                .addLocal(PlanRules.momentBytes(plan, geometry))
                .addLocal(Math.max(Float.BYTES, PlanRules.keptBytes(plan, geometry)));
        launch(kernel, firstGroup, ceil(geometry.sets(), setsPerGroup), setsPerGroup * geometry.setSize());
    }

    private void split() {
        int blocks = geometry.blocksPerSet();
        int blocksPerPart = Math.min(plan.blocksPerPart(), blocks);
        int parts = (int) ceil(blocks, blocksPerPart);
        long groups = geometry.sets() * parts;
        long stride = geometry.sets() * blocks;
        long partElements = (long) blocksPerPart * Geometry.BLOCK;
        DeviceBuffer moments = session.scratch(Session.Scratch.MOMENTS, 4 * stride * Float.BYTES);
        DeviceBuffer mean = statistic(buffers.mean, Session.Scratch.MEAN);
        DeviceBuffer rstd = statistic(buffers.rstd, Session.Scratch.RSTD);
        DeviceBuffer meanLo = plan.mergeOnce() ? statistic(null, Session.Scratch.MEAN_LO) : null;

        OpenCl.Kernel ofBlocks = kernels.momentsOfBlocks();
        int firstGroup = arguments(ofBlocks)
                .add(buffers.input)
                .add(moments)
                .add(stride)
                .add(geometry.setSize())
                .add(blocks)
                .add(blocksPerPart)
                .add(parts)
                .skip();
        launch(ofBlocks, firstGroup, groups, partElements);

        if (plan.mergeOnce()) {
            OpenCl.Kernel ofSets = kernels.momentsOfSets();
            int firstSet = arguments(ofSets)
                    .add(moments)
                    .add(mean)
                    .add(meanLo)
                    .add(rstd)
                    .add(stride)
                    .add(geometry.setSize())
                    .add(blocks)
                    .add(eps)
                    .skip();
            launch(ofSets, kernels.mergeGroupSize(), firstSet, geometry.sets(), 4L * blocks);
        }

        OpenCl.Kernel affine = kernels.affine();
        firstGroup = arguments(affine)
                .add(buffers.input)
                .add(buffers.output)
                .add(buffers.weight)
                .add(buffers.bias)
                .add(moments)
                .add(mean)
                .add(meanLo)
                .add(rstd)
                .add(stride)
                .add(geometry.setSize())
                .add(blocks)
                .add(blocksPerPart)
                .add(parts)
                .add(geometry.run())
                .add(geometry.parametersPerSet())
                .add(geometry.parameterGroups())
                .add(PlanRules.itemsPerRun(plan, geometry))
                .add(eps)
                .skip();
        launch(affine, firstGroup, groups, partElements);
    }

    private DeviceBuffer statistic(DeviceBuffer wanted, Session.Scratch scratch) {
        return wanted != null ? wanted : session.scratch(scratch, geometry.sets() * Float.BYTES);
    }

    private KernelArguments arguments(OpenCl.Kernel kernel) {
        return new KernelArguments(session.openCl(), kernel);
    }

    private void launch(OpenCl.Kernel kernel, int firstGroupArgument, long groups, long elementsPerGroup) {
        launch(kernel, plan.workGroupSize(), firstGroupArgument, groups, elementsPerGroup);
    }

    /** One launch, or several where one would hold a slow device for too long. */
    private void launch(
            OpenCl.Kernel kernel, int workGroupSize, int firstGroupArgument, long groups, long elementsPerGroup) {
        long atOnce = Math.max(1, PlanRules.elementsPerLaunch(session.device()) / Math.max(1, elementsPerGroup));
        for (long first = 0; first < groups; first += atOnce) {
            session.openCl().setArgument(kernel, firstGroupArgument, first);
            session.enqueue(kernel, Math.min(atOnce, groups - first), workGroupSize);
        }
    }

    private static long ceil(long a, long b) {
        return (a + b - 1) / b;
    }
}
