package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanSpace;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** Stores that bypass the cache, in tensors whose rows begin at any address. */
@Tag("slow")
@Tag("device")
class StreamingStoresTest {

    @OnEveryDevice
    void rowsOfAnyLengthAreStoredPastTheCache(Backend backend) {
        Session session = backend.session();
        int widest = TestDevices.widestVector(backend);
        for (ElementType type : List.of(ElementType.FLOAT16, ElementType.BFLOAT16, ElementType.FLOAT32)) {
            for (Operation operation : List.of(
                    Operation.layerNorm(new long[] {140, 1031}, 1031),
                    Operation.groupNorm(Layout.CHANNELS_FIRST, 2, 3, 6, 333),
                    Operation.groupNorm(Layout.CHANNELS_LAST, 2, 3, 67, 34))) {
                Trial trial = Trial.of(operation, type).affine(ElementType.FLOAT32, 1);
                PlanRun expected = trial.run(session);
                int compared = 0;
                for (Plan plan : PlanSpace.few(trial.problem(), backend.device(), widest)) {
                    Plan streaming = plan.withNonTemporal(true);
                    if (plan.vectorWidth() == widest
                            && session.planner()
                                    .problem(streaming, trial.problem())
                                    .isEmpty()) {
                        PlanRun.assertSameBits(expected, trial.run(session, streaming), trial + ", " + streaming);
                        compared++;
                    }
                }
                GradientTrial gradients = GradientTrial.of(trial);
                GradientRun expectedGradients = gradients.run(session);
                for (Plan plan : PlanSpace.gradients(gradients.problem(), backend.device(), 1, widest)) {
                    Plan streaming = plan.withNonTemporal(true);
                    if (session.planner()
                            .problem(streaming, gradients.problem())
                            .isEmpty()) {
                        GradientRun.assertSameBits(
                                expectedGradients, gradients.run(session, streaming), gradients + ", " + streaming);
                        compared++;
                    }
                }
                assertTrue(compared > 0, trial.toString());
            }
        }
    }
}
