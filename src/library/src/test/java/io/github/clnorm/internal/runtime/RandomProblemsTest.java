package io.github.clnorm.internal.runtime;

import io.github.clnorm.Backend;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanSpace;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;

/** Random operations, shapes, layouts, types and epilogues: right, the same in another plan, and the same in place. */
@Tag("slow")
@Tag("device")
class RandomProblemsTest {

    // Float64 is the last one.
    private static final Combination[] COMBINATIONS = Combination.values();

    @OnEveryDevice
    void everythingAtOnce(Backend backend) {
        int seeds = Quirks.prefersWorkItemsToVectors(backend.device()) ? 4 : 24;
        boolean fp64 = backend.device().fp64();
        for (int seed = 0; seed < seeds; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Combination combination = COMBINATIONS[random.nextInt(COMBINATIONS.length - (fp64 ? 0 : 1))];
            Operation operation = operation(random);
            Trial trial = random.nextInt(3) > 0
                    ? combination.of(operation, seed)
                    : combination.withoutParameters(operation, seed);
            checkGradients(
                    backend,
                    trial,
                    random,
                    "seed " + seed + ": " + trial + " on " + backend.device().description());
            check(
                    backend,
                    trial,
                    random,
                    "seed " + seed + ": " + trial + " on " + backend.device().description());
        }
    }

    private static void check(Backend backend, Trial trial, SplittableRandom random, String what) {
        Session session = backend.session();
        PlanRun expected = trial.run(session);
        trial.check(expected, what);
        int widest = TestDevices.widestVector(backend);
        // Of one width, so that they share programs.
        List<Plan> plans = PlanSpace.few(trial.problem(), backend.device(), widest).stream()
                .filter(plan -> plan.workGroupSize() == 1
                        && plan.vectorWidth() == widest
                        && session.planner().problem(plan, trial.problem()).isEmpty())
                .toList();
        if (!plans.isEmpty()) {
            Plan plan = plans.get(random.nextInt(plans.size()));
            PlanRun.assertSameBits(expected, trial.run(session, plan), what + ", " + plan);
        }
        Plan own = session.planner().plan(trial.problem());
        Errors.assertSameBits(
                expected.output(), PlanRun.of(session, trial, own, true).output(), what + ", in place");
    }

    /** Gradients by the heuristic's plan, by another, and dx in the place of dy. */
    private static void checkGradients(Backend backend, Trial forward, SplittableRandom random, String what) {
        Session session = backend.session();
        GradientTrial trial = GradientTrial.of(forward);
        Plan own = session.planner().plan(trial.problem());
        GradientRun expected = trial.run(session, own);
        trial.check(expected, what);
        int widest = TestDevices.widestVector(backend);
        List<Plan> plans = PlanSpace.gradients(trial.problem(), backend.device(), 1, widest).stream()
                .filter(plan -> !plan.nonTemporal())
                .toList();
        Plan plan = plans.get(random.nextInt(plans.size()));
        GradientRun.assertSameBits(expected, trial.run(session, plan), what + ", gradients, " + plan);
        GradientRun.assertSameBits(expected, GradientRun.of(session, trial, own, true), what + ", gradients in place");
    }

    private static Operation operation(SplittableRandom random) {
        int rank = 2 + random.nextInt(4);
        long[] shape = new long[rank];
        for (int i = 0; i < rank; i++) {
            shape[i] = 1 + random.nextInt(rank == 2 ? 300 : rank == 3 ? 60 : 12);
        }
        Layout layout = Layout.values()[random.nextInt(2)];
        int axis = layout.channelAxis(rank);
        // One value a set has no variance, and evaluation and in-place have tests of their own for it.
        shape[0]++;
        return switch (random.nextInt(6)) {
            case 0 -> {
                long groups = 1 + random.nextInt(6);
                shape[axis] = groups * (1 + random.nextInt(5));
                yield Operation.groupNorm(layout, groups, shape);
            }
            case 1 -> Operation.instanceNorm(layout, shape);
            case 2 -> Operation.batchNorm(layout, shape);
            case 3 -> Operation.evaluation(layout, shape);
            case 4 -> Operation.layerNorm(shape, last(shape, random));
            default -> Operation.rmsNorm(shape, last(shape, random));
        };
    }

    private static long[] last(long[] shape, SplittableRandom random) {
        return Arrays.copyOfRange(shape, 1 + random.nextInt(shape.length - 1), shape.length);
    }
}
