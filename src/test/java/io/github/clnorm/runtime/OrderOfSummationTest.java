package io.github.clnorm.runtime;

import static io.github.clnorm.testing.Errors.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.geometry.Geometry;
import io.github.clnorm.geometry.GroupNormGeometry;
import io.github.clnorm.plan.Plan;
import io.github.clnorm.plan.PlanSpace;
import io.github.clnorm.reference.ReferenceGroupNorm;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** The promise: the cut into work-groups decides speed, never bits. */
@Tag("device")
@Tag("conformance")
class OrderOfSummationTest {

    /** A shape and a grouping: sets around the lane and block sizes, runs that fit vectors and runs that do not. */
    private record Case(long[] shape, long groups) {
        Geometry geometry() {
            return GroupNormGeometry.of(shape, groups);
        }

        float[] input() {
            return Values.normal(Arrays.hashCode(shape), (int) geometry().elements(), 3, 2);
        }

        float[] parameters(int seed) {
            return Values.normal(seed, (int) shape[1], 1, 0.5);
        }

        @Override
        public String toString() {
            return Arrays.toString(shape) + " in " + groups + " groups";
        }
    }

    private static final List<Case> CASES = List.of(
            new Case(new long[] {3, 2, 1}, 2),
            new Case(new long[] {2, 65}, 1),
            new Case(new long[] {5, 6, 7, 3}, 3),
            new Case(new long[] {2, 4, 16, 32}, 2),
            new Case(new long[] {1, 3, 1367}, 1),
            new Case(new long[] {2, 6, 3, 5, 121}, 2));

    @OnEveryDevice
    void everyPlanGivesTheSameBits(Backend backend) {
        int plans = 0;
        for (Case c : CASES) {
            Geometry geometry = c.geometry();
            float[] x = c.input();
            float[] weight = c.parameters(1);
            float[] bias = c.parameters(2);
            Plan heuristic = backend.session().planner().plan(geometry);
            PlanRun expected = PlanRun.of(backend.session(), geometry, heuristic, x, weight, bias, 1e-5);
            Errors.assertClose(
                    new ReferenceGroupNorm(x, c.shape, c.groups, weight, bias, 1e-5).normalize(),
                    expected.output(),
                    Errors.FORWARD,
                    c.toString());
            for (Plan plan : PlanSpace.sample(geometry, backend.device(), TestDevices.widestVector(backend))) {
                if (backend.session().planner().problem(plan, geometry).isPresent()) {
                    continue;
                }
                PlanRun run = PlanRun.of(backend.session(), geometry, plan, x, weight, bias, 1e-5);
                String what = c + ", " + plan + " on " + backend.device().description();
                assertSameBits(expected.mean(), run.mean(), what + ", mean");
                assertSameBits(expected.rstd(), run.rstd(), what + ", rstd");
                assertSameBits(expected.output(), run.output(), what);
                plans++;
            }
        }
        assertTrue(plans > CASES.size() * 10, "only " + plans + " plans were legal");
    }
}
