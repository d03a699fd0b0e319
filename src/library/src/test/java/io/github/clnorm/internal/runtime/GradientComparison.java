package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanSpace;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.type.ElementType;
import java.util.List;

/** Compares plans for gradients: the heuristic's with the reference, and others with it, bit for bit. */
final class GradientComparison {

    private GradientComparison() {}

    /** Float32 with weight and bias. */
    static void ofPlans(Backend backend, List<Operation> operations, int least) {
        for (Operation operation : operations) {
            Trial forward = Trial.of(operation, ElementType.FLOAT32).affine(ElementType.FLOAT32, 1);
            ofPlans(backend, GradientTrial.of(forward), least);
        }
    }

    static void ofPlans(Backend backend, GradientTrial trial, int least) {
        int widest = TestDevices.widestVector(backend);
        of(backend, trial, PlanSpace.fewGradients(trial.problem(), backend.device(), widest), least);
    }

    /** The strategies alone. */
    static void ofStrategies(Backend backend, Operation operation, int least) {
        GradientTrial trial = GradientTrial.of(Combination.FLOAT32.of(operation, 1));
        int widest = TestDevices.widestVector(backend);
        of(backend, trial, PlanSpace.gradientStrategies(trial.problem(), backend.device(), widest), least);
    }

    private static void of(Backend backend, GradientTrial trial, List<Plan> plans, int least) {
        Session session = backend.session();
        GradientRun expected = trial.run(session);
        trial.check(expected, trial + " on " + backend.device().description());
        int legal = 0;
        for (Plan plan : plans) {
            if (session.planner().problem(plan, trial.problem()).isEmpty()) {
                String what = trial + ", " + plan + " on " + backend.device().description();
                GradientRun.assertSameBits(expected, trial.run(session, plan), what);
                legal++;
            }
        }
        assertTrue(legal >= least, "only " + legal + " plans were legal for " + trial);
    }

    /** Everything that can be asked for, alone and with others, and dx in the place of dy. */
    static void ofSubsets(Backend backend, GradientTrial all) {
        Session session = backend.session();
        GradientRun expected = all.run(session);
        for (int wanted = 1; wanted < 8; wanted++) {
            GradientTrial some = all.wanted((wanted & 1) != 0, (wanted & 2) != 0, (wanted & 4) != 0);
            Plan plan = session.planner().plan(some.problem());
            GradientRun.assertSameBits(expected, some.run(session, plan), some.toString());
            if (some.input()) {
                GradientRun.assertSameBits(expected, GradientRun.of(session, some, plan, true), some + ", in place");
            }
        }
    }
}
