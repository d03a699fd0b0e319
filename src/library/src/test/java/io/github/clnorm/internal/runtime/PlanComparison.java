package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanSpace;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.type.ElementType;
import java.util.List;

/** Compares plans: the heuristic's with the reference, and all others with it, bit for bit. */
final class PlanComparison {

    private PlanComparison() {}

    /** Float32 with weight and bias: many plans where sets have several blocks, few where other kernels do one. */
    static void ofAllPlans(Backend backend, List<Operation> operations, int least) {
        int plans = 0;
        int widest = TestDevices.widestVector(backend);
        for (Operation operation : operations) {
            Trial trial = Trial.of(operation, ElementType.FLOAT32).affine(ElementType.FLOAT32, 1);
            boolean shared = operation.statistics() != Statistics.GIVEN
                    && Cut.of(operation.geometry()).blocks() > 1;
            plans += of(
                    backend,
                    trial,
                    shared
                            ? PlanSpace.sample(trial.problem(), backend.device(), widest)
                            : PlanSpace.few(trial.problem(), backend.device(), widest));
        }
        assertTrue(plans >= operations.size() * least, "only " + plans + " plans were legal");
    }

    /**
     * A lone work-item with narrow vectors, and a team: what is loaded and stored depends on the width alone, and each
     * type's kernels are compiled anew.
     */
    static void ofOtherVectors(Backend backend, Trial trial) {
        List<Plan> plans = List.of(
                Plan.split(1, Math.min(8, TestDevices.widestVector(backend)), 8).withMergeLaunch(true),
                Plan.split(8, 1, 8).withMergeLaunch(true));
        assertEquals(2, of(backend, trial, plans), "plans were not legal for " + trial);
    }

    /** A plan of most kinds. */
    static void ofFewPlans(Backend backend, Trial trial, int least) {
        int plans =
                of(backend, trial, PlanSpace.few(trial.problem(), backend.device(), TestDevices.widestVector(backend)));
        assertTrue(plans >= least, "only " + plans + " plans were legal for " + trial);
    }

    private static int of(Backend backend, Trial trial, List<Plan> plans) {
        Session session = backend.session();
        PlanRun expected = trial.run(session);
        trial.check(expected, trial + " on " + backend.device().description());
        int legal = 0;
        for (Plan plan : plans) {
            if (session.planner().problem(plan, trial.problem()).isEmpty()) {
                String what = trial + ", " + plan + " on " + backend.device().description();
                PlanRun.assertSameBits(expected, trial.run(session, plan), what);
                legal++;
            }
        }
        return legal;
    }
}
