package io.github.clnorm.internal.runtime;

import static io.github.clnorm.type.Layout.CHANNELS_FIRST;
import static io.github.clnorm.type.Layout.CHANNELS_LAST;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.clnorm.Backend;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.type.Activation;
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
        operations()
                .forEach(operation -> PlanComparison.ofOtherVectors(
                        backend,
                        Trial.of(operation, ElementType.FLOAT32)
                                .affine(ElementType.BFLOAT16, 1)
                                .activation(Activation.GELU)
                                .residual(3, true)));
    }

    @OnEveryDevice
    void everyPlanGivesTheSameBitsWithFloat16AndSilu(Backend backend) {
        operations()
                .forEach(operation -> PlanComparison.ofOtherVectors(
                        backend,
                        Trial.of(operation, ElementType.FLOAT16)
                                .affine(ElementType.FLOAT16, 1)
                                .activation(Activation.SILU)
                                .residual(3, true)));
    }

    @OnEveryDevice
    void everyPlanGivesTheSameBitsWithBfloat16AndRelu(Backend backend) {
        operations()
                .forEach(operation -> PlanComparison.ofOtherVectors(
                        backend,
                        Trial.of(operation, ElementType.BFLOAT16)
                                .affine(ElementType.FLOAT32, 1)
                                .activation(Activation.RELU)
                                .residual(3, false)));
    }

    @OnEveryDevice
    void everyPlanGivesTheSameBitsWithFloat64AndGelu(Backend backend) {
        if (!backend.device().fp64()) {
            // Nothing to compare: such a device has no float64 tensors.
            assertThrows(IllegalArgumentException.class, () -> backend.empty(ElementType.FLOAT64, 1));
            return;
        }
        operations()
                .forEach(operation -> PlanComparison.ofOtherVectors(
                        backend,
                        Trial.of(operation, ElementType.FLOAT64)
                                .affine(ElementType.FLOAT64, 1)
                                .activation(Activation.GELU)
                                .residual(3, true)));
    }
}
