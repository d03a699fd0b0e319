package io.github.clnorm.internal.runtime;

import static io.github.clnorm.type.Layout.CHANNELS_FIRST;

import io.github.clnorm.Backend;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.type.ElementType;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** The promise: the cut into work-groups decides speed, never bits. Here for sets that are read along their rows. */
@Tag("slow")
@Tag("device")
@Tag("conformance")
class OrderOfSummationTest {

    /** Sets around the lane and block sizes, runs that fit vectors and runs that do not. */
    private static final List<Operation> SUCCESSIVE = List.of(
            Operation.groupNorm(CHANNELS_FIRST, 2, 3, 2, 1),
            Operation.groupNorm(CHANNELS_FIRST, 1, 2, 65),
            Operation.groupNorm(CHANNELS_FIRST, 3, 5, 6, 7, 3),
            Operation.groupNorm(CHANNELS_FIRST, 2, 2, 4, 16, 32),
            Operation.groupNorm(CHANNELS_FIRST, 1, 1, 3, 1367),
            Operation.groupNorm(CHANNELS_FIRST, 2, 2, 6, 3, 5, 121),
            Operation.instanceNorm(CHANNELS_FIRST, 2, 3, 5, 13),
            Operation.layerNorm(new long[] {5, 1}, 1),
            Operation.layerNorm(new long[] {7, 33}, 33),
            Operation.layerNorm(new long[] {3, 2, 1100}, 2, 1100));

    @OnEveryDevice
    void everyPlanGivesTheSameBitsForSetsOfSuccessiveElements(Backend backend) {
        PlanComparison.ofAllPlans(backend, SUCCESSIVE, 3);
    }

    @OnEveryDevice
    void everyPlanGivesTheSameBitsWithoutAMean(Backend backend) {
        for (Operation operation :
                List.of(Operation.rmsNorm(new long[] {9, 33}, 33), Operation.rmsNorm(new long[] {3, 1100}, 1100))) {
            PlanComparison.ofFewPlans(
                    backend, Trial.of(operation, ElementType.FLOAT32).affine(ElementType.FLOAT32, 1), 2);
        }
    }
}
