package io.github.clnorm.internal.runtime;

import static io.github.clnorm.type.Layout.CHANNELS_FIRST;
import static io.github.clnorm.type.Layout.CHANNELS_LAST;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.clnorm.Backend;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.type.ElementType;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;

/** What is stored, how it is rounded, activated and added to: none of it depends on the plan. */
@Tag("slow")
@Tag("device")
class TypesAndActivationsTest {

    private static Stream<Operation> operations() {
        return Stream.of(
                Operation.groupNorm(CHANNELS_FIRST, 2, 2, 6, 3, 5, 121),
                Operation.groupNorm(CHANNELS_LAST, 5, 2, 131, 15));
    }

    @OnEveryDevice
    void everyPlanGivesTheSameBitsWithFloat32AndGelu(Backend backend) {
        check(backend, Combination.FLOAT32_GELU);
    }

    @OnEveryDevice
    void everyPlanGivesTheSameBitsWithFloat16AndRelu(Backend backend) {
        check(backend, Combination.FLOAT16_RELU_RESIDUAL);
    }

    @OnEveryDevice
    void everyPlanGivesTheSameBitsWithBfloat16AndSilu(Backend backend) {
        check(backend, Combination.BFLOAT16_SILU_SUM);
    }

    @OnEveryDevice
    void everyPlanGivesTheSameBitsWithFloat64AndGelu(Backend backend) {
        if (!backend.device().fp64()) {
            // Nothing to compare: such a device has no float64 tensors.
            assertThrows(IllegalArgumentException.class, () -> backend.empty(ElementType.FLOAT64, 1));
            return;
        }
        check(backend, Combination.FLOAT64_GELU);
    }

    private static void check(Backend backend, Combination combination) {
        operations().forEach(operation -> PlanComparison.ofOtherVectors(backend, combination.of(operation, 1)));
    }
}
