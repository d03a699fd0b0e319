package io.github.clnorm.internal.runtime;

import static io.github.clnorm.type.Layout.CHANNELS_FIRST;
import static io.github.clnorm.type.Layout.CHANNELS_LAST;

import io.github.clnorm.Backend;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** The promise that the cut into work-groups decides speed, never bits, for sets that are spread over rows. */
@Tag("slow")
@Tag("device")
@Tag("conformance")
class OrderAcrossRowsTest {

    /** Batch norm, channels first: rows that are summed along, or across, and normalized either way. */
    private static final List<Operation> ACROSS_THE_BATCH = List.of(
            Operation.batchNorm(CHANNELS_FIRST, 3, 2, 1100),
            Operation.batchNorm(CHANNELS_FIRST, 2, 3, 64),
            Operation.batchNorm(CHANNELS_FIRST, 3, 2, 2, 1024),
            Operation.batchNorm(CHANNELS_FIRST, 5, 3, 7),
            Operation.batchNorm(CHANNELS_FIRST, 70, 2, 9),
            Operation.batchNorm(CHANNELS_FIRST, 70, 2, 65),
            Operation.batchNorm(CHANNELS_FIRST, 200, 3),
            Operation.batchNorm(CHANNELS_FIRST, 3, 1, 100),
            Operation.batchNorm(CHANNELS_FIRST, 70, 1, 5));

    /** Channels last: short rows, rows that no vector divides, and rows around the height of a tile, or several. */
    private static final List<Operation> COLUMNS = List.of(
            Operation.groupNorm(CHANNELS_LAST, 6, 2, 7, 6),
            Operation.groupNorm(CHANNELS_LAST, 5, 2, 300, 10),
            Operation.groupNorm(CHANNELS_LAST, 5, 2, 131, 15),
            Operation.groupNorm(CHANNELS_LAST, 3, 1, 127, 66),
            Operation.groupNorm(CHANNELS_LAST, 4, 1, 128, 64),
            Operation.groupNorm(CHANNELS_LAST, 7, 1, 3, 43, 70),
            Operation.instanceNorm(CHANNELS_LAST, 1, 300, 67),
            Operation.groupNorm(CHANNELS_LAST, 4, 1, 2061, 8),
            Operation.groupNorm(CHANNELS_LAST, 2, 2, 5, 140),
            Operation.groupNorm(CHANNELS_LAST, 1, 2, 9, 20),
            Operation.batchNorm(CHANNELS_LAST, 4, 33, 5),
            Operation.batchNorm(CHANNELS_LAST, 3, 100, 65),
            Operation.batchNorm(CHANNELS_LAST, 7, 43, 1));

    private static final List<Operation> GIVEN = List.of(
            Operation.evaluation(CHANNELS_FIRST, 3, 4, 70),
            Operation.evaluation(CHANNELS_FIRST, 3, 4, 7),
            Operation.evaluation(CHANNELS_FIRST, 1, 2, 2000),
            Operation.evaluation(CHANNELS_LAST, 3, 70, 4),
            Operation.evaluation(CHANNELS_LAST, 2, 5, 130));

    @OnEveryDevice
    void everyPlanGivesTheSameBitsAcrossTheBatch(Backend backend) {
        PlanComparison.ofAllPlans(backend, ACROSS_THE_BATCH, 2);
    }

    @OnEveryDevice
    void everyPlanGivesTheSameBitsForChannelsLast(Backend backend) {
        PlanComparison.ofAllPlans(backend, COLUMNS, 2);
    }

    @OnEveryDevice
    void everyPlanGivesTheSameBitsForGivenStatistics(Backend backend) {
        PlanComparison.ofAllPlans(backend, GIVEN, 2);
    }
}
