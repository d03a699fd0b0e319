package io.github.clnorm.tools.compilers;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.ParameterScope;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.model.LaunchDemand;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.Predictor;
import io.github.clnorm.internal.plan.SecondRead;
import io.github.clnorm.internal.runtime.Addition;
import io.github.clnorm.internal.runtime.BackwardBuffers;
import io.github.clnorm.internal.runtime.Copy;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.EmptyLaunch;
import io.github.clnorm.internal.runtime.Engine;
import io.github.clnorm.internal.runtime.ForwardBuffers;
import io.github.clnorm.internal.runtime.Modulation;
import io.github.clnorm.internal.runtime.RunningStatistics;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Enqueues passes on a device without a driver. No buffer is read or written, so one stands for all. */
final class RecordedPasses {

    private static final double EPS = 1e-5;
    private static final int WORK_GROUP = 256;
    private static final int COPY_VECTOR = 4;

    private final Session session;
    private final DeviceBuffer some;
    private List<LaunchDemand> launches = List.of();
    private String current = "";
    private long elements;

    RecordedPasses(Session session, DeviceBuffer some) {
        this.session = session;
        this.some = some;
    }

    /** The pass whose kernels are launched now. */
    String current() {
        return current;
    }

    /** Elements of the pass's tensor; 0 if the heuristics choose another plan, or none. */
    long elements() {
        return elements;
    }

    /** What the model knows of a kernel of the pass. */
    Optional<LaunchDemand> launch(String kernel) {
        return launches.stream()
                .filter(launch -> launch.kernel().equals(kernel))
                .findFirst();
    }

    /** Both passes of a workload, with an activation. */
    void run(Workload workload, Activation activation) {
        String suffix = activation == Activation.NONE ? "" : " with " + activation;
        current = workload + " forward" + suffix;
        run(forward(workload, activation));
        current = workload + " backward" + suffix;
        run(backward(workload, activation));
    }

    /** Passes whose samples have parameters of their own: a layer of a diffusion network with channels last, and one of DiT. */
    void runOfSamples(ElementType type) {
        List<Geometry> geometries = List.of(
                new Geometry(4, 64 * 64, 32, 10, 1, ParameterScope.PER_SET),
                new Geometry(4, 1, 256, 1152, 1, ParameterScope.PER_SAMPLE));
        for (Geometry geometry : geometries) {
            current = geometry.scope() + " forward";
            run(ForwardProblem.of(geometry, Statistics.MEAN_AND_VARIANCE, type));
            current = geometry.scope() + " backward";
            run(new BackwardProblem(
                    geometry,
                    Statistics.MEAN_AND_VARIANCE,
                    type,
                    type.accumulator(),
                    Activation.NONE,
                    false,
                    true,
                    true,
                    true));
        }
    }

    /** The kernels that no plan has. */
    void runOthers(ElementType type) {
        launches = List.of();
        elements = 0;
        current = "running statistics";
        RunningStatistics.enqueue(session, type, new RunningStatistics.Batch(some, some, 1, 1, 2), some, some, 0.1);
        current = "scale and shift";
        Modulation modulation = new Modulation(session, type, type.accumulator(), 1, 1, 0, some, some, some, some);
        Modulation.Table table = new Modulation.Table(some, some);
        modulation.parameters(table);
        modulation.gradients(table, new Modulation.Targets(some, some, some, some));
        current = "gradients that are added";
        Addition.enqueue(session, type, 1, some, some, some);
        if (type == ElementType.FLOAT32) {
            current = "the copy that speeds are compared with";
            int group = Math.min(WORK_GROUP, session.device().maxWorkGroupSize());
            long part = 4L * group * COPY_VECTOR;
            Copy.enqueue(session, new Copy.Variant(group, COPY_VECTOR, part, false, false), some, some);
            current = "the empty launch";
            EmptyLaunch.enqueue(session, some);
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

    private void run(Problem problem) {
        Predictor predictor = new Predictor(problem, session.device());
        List<Plan> plans = plans(problem);
        for (Plan plan : plans) {
            launches = predictor.launches(plan);
            elements = plan == plans.get(0) ? problem.geometry().elements() : 0;
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

    /** The plan of the heuristics, and those of the kernels that only the tuner tries on some GPUs. */
    private List<Plan> plans(Problem problem) {
        Plan chosen = session.planner().heuristic(problem);
        List<Plan> plans = new ArrayList<>(List.of(chosen));
        List<Plan> others = new ArrayList<>();
        if (problem instanceof BackwardProblem) {
            others.add(Plan.tiled(Cut.LANES / chosen.vectorWidth(), chosen.vectorWidth()));
        } else if (problem.geometry().acrossRows()) {
            others.add(Plan.residentAcross(chosen.workGroupSize(), chosen.vectorWidth(), 1));
        }
        others.add(Plan.resident(WORK_GROUP, 1)
                .withParameterLaunch(problem instanceof BackwardProblem)
                .withSecondRead(SecondRead.REGISTERS));
        others.stream()
                .filter(plan -> session.planner().againstRules(plan, problem).isEmpty())
                .forEach(plans::add);
        return plans;
    }
}
