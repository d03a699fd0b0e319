package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.model.Catalogue;
import io.github.clnorm.internal.model.CataloguedGpu;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.Heuristics;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanGrid;
import io.github.clnorm.internal.plan.Predictor;
import io.github.clnorm.internal.plan.SplitPlan;
import io.github.clnorm.internal.plan.Turns;
import io.github.clnorm.testing.TestDevices;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The launches that the model predicts are those that run. */
@Tag("device")
class PredictedLaunchesTest {

    private static final int RANDOM_PROBLEMS = 200;

    /** A port that compiles nothing. */
    private static OpenCl withoutCompiler(OpenCl real) {
        return (OpenCl) Proxy.newProxyInstance(
                OpenCl.class.getClassLoader(), new Class<?>[] {OpenCl.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("build")) {
                        return new OpenCl.Program(new Object());
                    }
                    if (method.getName().equals("createKernel")) {
                        return new OpenCl.Kernel(new Object(), (String) arguments[1]);
                    }
                    if (method.getName().equals("release")
                            && (arguments[0] instanceof OpenCl.Program || arguments[0] instanceof OpenCl.Kernel)) {
                        return null;
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static List<Problem> problems() {
        List<Problem> problems = new ArrayList<>();
        PlanGrid.geometries().values().forEach(geometry -> {
            problems.add(PlanGrid.forward(geometry));
            problems.add(PlanGrid.backward(geometry));
        });
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < RANDOM_PROBLEMS; i++) {
            problems.add(PlanGrid.forward(random));
            problems.add(PlanGrid.backward(random));
        }
        return problems;
    }

    /** Each kernel with its work-groups, in the order in which the launches are enqueued. */
    private static List<String> launches(List<? extends PassSteps.Step<?>> steps, Plan plan, Problem problem) {
        int count = plan instanceof SplitPlan split ? split.turns() : 1;
        Launches.TurnShares turns = new Launches.TurnShares(count, Turns.most(problem));
        List<String> launches = new ArrayList<>();
        steps.stream().takeWhile(step -> !step.inTurns()).forEach(step -> launches.add(text(step, step.groups())));
        for (int turn = 0; turn < count; turn++) {
            for (PassSteps.Step<?> step : steps) {
                if (step.inTurns()) {
                    launches.add(text(step, turns.from(turn + 1, step.groups()) - turns.from(turn, step.groups())));
                }
            }
        }
        steps.stream()
                .dropWhile(step -> !step.inTurns())
                .filter(step -> !step.inTurns())
                .forEach(step -> launches.add(text(step, step.groups())));
        return launches;
    }

    private static String text(PassSteps.Step<?> step, long groups) {
        return step.kernel().signature().kernel() + " " + groups;
    }

    @Test
    void haveTheKernelsAndWorkGroupsThatRun() {
        DeviceInfo real = TestDevices.first().device();
        Set<Integer> counts = new TreeSet<>();
        int inTurns = 0;
        try (Session session = new Session(withoutCompiler(JoclOpenCl.open(real, false)), real)) {
            for (CataloguedGpu gpu : Catalogue.ALL) {
                for (Problem problem : problems()) {
                    Plan plan = Heuristics.choose(
                                    problem, gpu.device(), gpu.device().maxWorkGroupSize())
                            .plan();
                    List<String> predicted = new Predictor(problem, gpu.device())
                            .launches(plan).stream()
                                    .map(launch -> launch.kernel() + " " + launch.groups())
                                    .toList();
                    List<? extends PassSteps.Step<?>> steps = session.exclusively(
                            () -> PassSteps.of(session, problem, plan).steps(Phase.ALL));
                    List<String> run = launches(steps, plan, problem);
                    assertEquals(run, predicted, problem + ": " + plan);
                    counts.add(steps.size());
                    inTurns += run.size() > steps.size() ? 1 : 0;
                }
            }
        }
        assertTrue(counts.containsAll(Set.of(1, 2, 3, 4)), "launches: " + counts);
        assertTrue(inTurns > 10, inTurns + " plans in turns");
    }
}
