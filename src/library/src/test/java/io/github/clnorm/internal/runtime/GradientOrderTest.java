package io.github.clnorm.internal.runtime;

import static io.github.clnorm.type.Layout.CHANNELS_FIRST;
import static io.github.clnorm.type.Layout.CHANNELS_LAST;

import io.github.clnorm.Backend;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.type.ElementType;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** The promise for gradients: the cut into work-groups decides speed, never bits. */
@Tag("slow")
@Tag("device")
@Tag("conformance")
class GradientOrderTest {

    /**
     * Runs around the lane and block sizes, those that fit vectors and those that do not; more parameters than lanes of a
     * vector, more samples than lanes; several rows of runs.
     */
    private static final List<Operation> RUNS = List.of(
            Operation.groupNorm(CHANNELS_FIRST, 2, 3, 4, 2),
            Operation.groupNorm(CHANNELS_FIRST, 1, 2, 3, 65),
            Operation.groupNorm(CHANNELS_FIRST, 3, 5, 6, 7, 3),
            Operation.groupNorm(CHANNELS_FIRST, 2, 2, 40, 7, 7),
            Operation.groupNorm(CHANNELS_FIRST, 2, 70, 4, 17),
            Operation.groupNorm(CHANNELS_FIRST, 1, 1, 3, 1367),
            Operation.instanceNorm(CHANNELS_FIRST, 2, 3, 43, 101),
            Operation.batchNorm(CHANNELS_FIRST, 3, 2, 1100),
            Operation.batchNorm(CHANNELS_FIRST, 5, 3, 7),
            Operation.batchNorm(CHANNELS_FIRST, 70, 2, 65),
            Operation.batchNorm(CHANNELS_FIRST, 70, 1, 5));

    /** Every element with its own parameters: short rows, rows of several blocks, tiles of samples, several sets a row. */
    private static final List<Operation> EACH = List.of(
            Operation.layerNorm(new long[] {5, 1}, 1),
            Operation.layerNorm(new long[] {300, 33}, 33),
            Operation.layerNorm(new long[] {131, 66}, 66),
            Operation.layerNorm(new long[] {3, 2, 1100}, 2, 1100),
            Operation.layerNorm(new long[] {5, 2070}, 2070),
            Operation.groupNorm(CHANNELS_FIRST, 2, 150, 6),
            Operation.groupNorm(CHANNELS_FIRST, 3, 130, 210));

    private static final List<Operation> COLUMNS = List.of(
            Operation.groupNorm(CHANNELS_LAST, 6, 2, 7, 6),
            Operation.groupNorm(CHANNELS_LAST, 5, 2, 131, 15),
            Operation.groupNorm(CHANNELS_LAST, 3, 1, 127, 66),
            Operation.groupNorm(CHANNELS_LAST, 7, 1, 3, 43, 70),
            Operation.groupNorm(CHANNELS_LAST, 1, 2, 9, 20),
            Operation.groupNorm(CHANNELS_LAST, 4, 1, 2061, 8),
            Operation.instanceNorm(CHANNELS_LAST, 1, 300, 67),
            Operation.batchNorm(CHANNELS_FIRST, 70, 2, 9),
            Operation.batchNorm(CHANNELS_FIRST, 200, 3),
            Operation.batchNorm(CHANNELS_LAST, 3, 100, 65));

    private static final List<Operation> GIVEN = List.of(
            Operation.evaluation(CHANNELS_FIRST, 3, 4, 70),
            Operation.evaluation(CHANNELS_FIRST, 1, 2, 2000),
            Operation.evaluation(CHANNELS_LAST, 3, 70, 4),
            Operation.evaluation(CHANNELS_LAST, 2, 5, 130));

    @OnEveryDevice
    void everyPlanGivesTheSameBitsForRuns(Backend backend) {
        GradientComparison.ofPlans(backend, RUNS, 3);
    }

    @OnEveryDevice
    void everyPlanGivesTheSameBitsForParametersOfEveryElement(Backend backend) {
        GradientComparison.ofPlans(backend, EACH, 3);
    }

    @OnEveryDevice
    void everyPlanGivesTheSameBitsAcrossRows(Backend backend) {
        GradientComparison.ofPlans(backend, COLUMNS, 2);
    }

    @OnEveryDevice
    void everyPlanGivesTheSameBitsForGivenStatistics(Backend backend) {
        for (Operation operation : GIVEN) {
            GradientComparison.ofStrategies(backend, operation, 1);
        }
    }

    @OnEveryDevice
    void everyPlanGivesTheSameBitsWithoutAMean(Backend backend) {
        GradientComparison.ofStrategies(backend, Operation.rmsNorm(new long[] {131, 66}, 66), 3);
    }

    /** Nothing that is wanted depends on what else is, and dx may take the place of dy. */
    @OnEveryDevice
    void everySubsetGivesTheSameBits(Backend backend) {
        for (Operation operation : List.of(RUNS.get(2), EACH.get(2), COLUMNS.get(1), GIVEN.get(0))) {
            GradientComparison.ofSubsets(
                    backend,
                    GradientTrial.of(Trial.of(operation, ElementType.FLOAT32).affine(ElementType.FLOAT32, 1)));
        }
    }
}
