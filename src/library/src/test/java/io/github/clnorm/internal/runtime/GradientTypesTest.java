package io.github.clnorm.internal.runtime;

import static io.github.clnorm.type.Layout.CHANNELS_FIRST;
import static io.github.clnorm.type.Layout.CHANNELS_LAST;

import io.github.clnorm.Backend;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** Gradients of every type, through every activation and with residuals: right, and the same in another plan. */
@Tag("slow")
@Tag("device")
class GradientTypesTest {

    private static final List<Operation> OPERATIONS = List.of(
            Operation.groupNorm(CHANNELS_FIRST, 2, 2, 6, 3, 5, 121),
            Operation.groupNorm(CHANNELS_LAST, 5, 2, 131, 15),
            Operation.layerNorm(new long[] {131, 66}, 66),
            Operation.evaluation(CHANNELS_FIRST, 3, 4, 70),
            Operation.evaluation(CHANNELS_LAST, 3, 70, 4));

    @OnEveryDevice
    void float32ThroughGelu(Backend backend) {
        check(backend, ElementType.FLOAT32, ElementType.BFLOAT16, Activation.GELU);
    }

    @OnEveryDevice
    void float32ThroughSilu(Backend backend) {
        check(backend, ElementType.FLOAT32, ElementType.FLOAT32, Activation.SILU);
    }

    @OnEveryDevice
    void float16ThroughSilu(Backend backend) {
        check(backend, ElementType.FLOAT16, ElementType.FLOAT16, Activation.SILU);
    }

    @OnEveryDevice
    void bfloat16ThroughRelu(Backend backend) {
        check(backend, ElementType.BFLOAT16, ElementType.BFLOAT16, Activation.RELU);
    }

    @OnEveryDevice
    void float64ThroughGelu(Backend backend) {
        if (backend.device().fp64()) {
            check(backend, ElementType.FLOAT64, ElementType.FLOAT64, Activation.GELU);
        }
    }

    private static void check(Backend backend, ElementType type, ElementType parameters, Activation activation) {
        Session session = backend.session();
        for (Operation operation : OPERATIONS) {
            GradientTrial trial = GradientTrial.of(Trial.of(operation, type)
                    .affine(parameters, 1)
                    .activation(activation)
                    .residual(3, false));
            String what = trial + " on " + backend.device().description();
            Plan other = Plan.split(1, Math.min(4, TestDevices.widestVector(backend)), 8);
            GradientRun expected = trial.run(session);
            trial.check(expected, what);
            GradientRun.assertSameBits(expected, trial.run(session, other), what + ", " + other);
        }
    }
}
