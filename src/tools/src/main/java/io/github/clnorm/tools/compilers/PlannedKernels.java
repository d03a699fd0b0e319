package io.github.clnorm.tools.compilers;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.Strategy;
import io.github.clnorm.internal.runtime.BackwardBuffers;
import io.github.clnorm.internal.runtime.Copy;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.EmptyLaunch;
import io.github.clnorm.internal.runtime.Engine;
import io.github.clnorm.internal.runtime.ForwardBuffers;
import io.github.clnorm.internal.runtime.RunningStatistics;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.tools.measure.Suite;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The kernels that the plans of all suites launch on some GPUs, each once for a target. */
final class PlannedKernels {

    private static final double EPS = 1e-5;
    private static final int COPY_WORK_GROUP = 256;
    private static final int COPY_VECTOR = 4;

    /** A kernel for a target. */
    record Key(Target target, KernelBuild build) {}

    private final Map<Key, PlannedKernel> planned = new LinkedHashMap<>();

    /** The kernels of GPUs, in every type and layout. */
    static Collection<PlannedKernel> of(List<Gpu> gpus, Set<Activation> activations) {
        PlannedKernels kernels = new PlannedKernels();
        for (Gpu gpu : gpus) {
            for (ElementType type : ElementType.values()) {
                if (type != ElementType.FLOAT64 || gpu.device().fp64()) {
                    kernels.add(gpu, type, activations);
                }
            }
        }
        return kernels.planned.values();
    }

    private static Set<Workload> workloads(ElementType type) {
        Set<Workload> all = new LinkedHashSet<>();
        for (Suite suite : Suite.values()) {
            for (Workload workload : suite.workloads()) {
                for (Layout layout : Layout.values()) {
                    all.add(workload.in(type, layout));
                }
            }
        }
        return all;
    }

    private void add(Gpu gpu, ElementType type, Set<Activation> activations) {
        DeviceInfo device = gpu.device();
        String[] use = {""};
        PortRecorder recorder =
                new PortRecorder(device.maxWorkGroupSize(), (build, localBytes, workGroups) -> gpu.targets()
                        .forEach(target -> planned.computeIfAbsent(
                                        new Key(target, build), key -> new PlannedKernel(target, build))
                                .use(device.name() + ": " + use[0], localBytes)));
        // One type a session: its programs are those of one type.
        try (Session session = new Session(recorder.port(), device);
                DeviceBuffer some = session.allocate(Long.BYTES)) {
            for (Workload workload : workloads(type)) {
                for (Activation activation : activations) {
                    ForwardProblem forward = forward(workload, activation);
                    use[0] = workload + " forward";
                    run(session, forward, some);
                    BackwardProblem backward = backward(workload, activation);
                    use[0] = workload + " backward";
                    run(session, backward, some);
                }
            }
            use[0] = "running statistics";
            RunningStatistics.enqueue(session, type, new RunningStatistics.Batch(some, some, 1, 1, 2), some, some, 0.1);
            if (type == ElementType.FLOAT32) {
                use[0] = "the copy that speeds are compared with";
                int group = Math.min(COPY_WORK_GROUP, device.maxWorkGroupSize());
                long part = 4L * group * COPY_VECTOR;
                Copy.enqueue(session, new Copy.Variant(group, COPY_VECTOR, part, false, false), some, some);
                use[0] = "the empty launch";
                EmptyLaunch.enqueue(session, some);
            }
        }
    }

    private static ForwardProblem forward(Workload workload, Activation activation) {
        ForwardProblem plain = workload.problem();
        return new ForwardProblem(
                plain.geometry(),
                plain.statistics(),
                plain.type(),
                plain.parameterType(),
                activation,
                plain.residual(),
                plain.sum());
    }

    private static BackwardProblem backward(Workload workload, Activation activation) {
        BackwardProblem plain = workload.gradientProblem();
        return new BackwardProblem(
                plain.geometry(),
                plain.statistics(),
                plain.type(),
                plain.parameterType(),
                activation,
                plain.residual(),
                plain.input(),
                plain.weight(),
                plain.bias());
    }

    /** The plan of the heuristics, and those of the kernels that only the tuner tries on GPUs. */
    private static List<Plan> plans(Session session, Problem problem) {
        Plan chosen = session.planner().heuristic(problem);
        List<Plan> plans = new ArrayList<>(List.of(chosen));
        Plan tried = problem instanceof ForwardProblem
                ? Plan.residentAcross(chosen.workGroupSize(), chosen.vectorWidth(), 1)
                : Plan.tiled(Cut.LANES / chosen.vectorWidth(), chosen.vectorWidth());
        boolean another =
                tried.strategy() == Strategy.TILED || problem.geometry().acrossRows();
        if (another && session.planner().againstRules(tried, problem).isEmpty()) {
            plans.add(tried);
        }
        return plans;
    }

    /** Enqueues a pass. No buffer is read or written, so one stands for all. */
    private static void run(Session session, Problem problem, DeviceBuffer some) {
        for (Plan plan : plans(session, problem)) {
            if (problem instanceof ForwardProblem forward) {
                ForwardBuffers buffers = new ForwardBuffers(some, null, some, some, some, null, some, some, null, some);
                Engine.enqueue(session, forward, plan, buffers, EPS);
            } else {
                BackwardBuffers buffers =
                        new BackwardBuffers(some, null, some, some, some, some, some, some, some, some, some);
                Engine.enqueue(session, (BackwardProblem) problem, plan, buffers, EPS);
            }
        }
    }
}
