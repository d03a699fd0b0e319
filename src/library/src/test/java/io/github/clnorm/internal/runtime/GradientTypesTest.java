package io.github.clnorm.internal.runtime;

import static io.github.clnorm.type.Layout.CHANNELS_FIRST;
import static io.github.clnorm.type.Layout.CHANNELS_LAST;

import io.github.clnorm.Backend;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.TestDevices;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;

/** Gradients of every type, through every activation and with residuals: right, and the same in another plan. */
@Tag("slow")
@Tag("device")
class GradientTypesTest {

    private static final List<Operation> ALONG_ROWS = List.of(
            Operation.groupNorm(CHANNELS_FIRST, 2, 2, 6, 3, 5, 121),
            Operation.layerNorm(new long[] {131, 66}, 66),
            Operation.evaluation(CHANNELS_FIRST, 3, 4, 70));

    private static final List<Operation> ACROSS_ROWS =
            List.of(Operation.groupNorm(CHANNELS_LAST, 5, 2, 131, 15), Operation.evaluation(CHANNELS_LAST, 3, 70, 4));

    private static final List<Operation> OPERATIONS =
            Stream.of(ALONG_ROWS, ACROSS_ROWS).flatMap(List::stream).toList();

    @OnEveryDevice
    void float32ThroughGelu(Backend backend) {
        check(backend, Combination.FLOAT32_GELU, OPERATIONS);
    }

    @OnEveryDevice
    void float32ThroughSilu(Backend backend) {
        check(backend, Combination.FLOAT32_SILU_SUM, ACROSS_ROWS);
    }

    @OnEveryDevice
    void float16ThroughRelu(Backend backend) {
        check(backend, Combination.FLOAT16_RELU_RESIDUAL, ALONG_ROWS);
    }

    @OnEveryDevice
    void bfloat16ThroughSilu(Backend backend) {
        check(backend, Combination.BFLOAT16_SILU_SUM, OPERATIONS);
    }

    @OnEveryDevice
    void float64ThroughGelu(Backend backend) {
        if (backend.device().fp64()) {
            check(backend, Combination.FLOAT64_GELU, ACROSS_ROWS);
        }
    }

    private static void check(Backend backend, Combination combination, List<Operation> operations) {
        Session session = backend.session();
        for (Operation operation : operations) {
            GradientTrial trial = GradientTrial.of(combination.of(operation, 1));
            String what = trial + " on " + backend.device().description();
            GradientRun expected = trial.run(session);
            trial.check(expected, what);
            Plan other = Plan.split(1, Math.min(8, TestDevices.widestVector(backend)), 8);
            GradientRun.assertSameBits(expected, trial.run(session, other), what + ", " + other);
        }
    }
}
