package io.github.clnorm.internal.runtime;

import io.github.clnorm.Backend;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanSpace;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;

/** Random operations, shapes, layouts, types and epilogues: right, the same in another plan, and the same in place. */
@Tag("slow")
@Tag("device")
class RandomProblemsTest {

    @OnEveryDevice
    void everythingAtOnce(Backend backend) {
        int seeds = Quirks.prefersWorkItemsToVectors(backend.device()) ? 4 : 24;
        for (int seed = 0; seed < seeds; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            ElementType type =
                    ElementType.values()[random.nextInt(backend.device().fp64() ? 4 : 3)];
            Trial trial = Trial.of(operation(random), type);
            if (random.nextInt(3) > 0) {
                // Float64 only where the device has it: parameters are loaded as they are stored.
                ElementType parameters = random.nextBoolean() ? type : ElementType.values()[random.nextInt(3)];
                trial = trial.affine(parameters, seed);
            }
            if (random.nextInt(3) == 0) {
                trial = trial.residual(seed, random.nextBoolean());
            }
            trial = trial.activation(Activation.values()[random.nextInt(4)]);
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
        List<Plan> plans = PlanSpace.few(trial.problem(), backend.device(), TestDevices.widestVector(backend)).stream()
                .filter(plan -> plan.workGroupSize() == 1
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
        List<Plan> plans = PlanSpace.gradients(trial.problem(), backend.device(), 1, TestDevices.widestVector(backend));
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
