package io.github.clnorm.bench.peers;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import org.junit.jupiter.api.Test;

/** The operations that libtorch runs one after the other have the results of the workload, in float64. */
class LibTorchCompositionTest {

    private static final int SLOTS = 2;
    private static final String[] WORKLOADS = {
        "group_norm 2x12x5x7 G=3 silu",
        "group_norm 2x12x5x7 G=3 scale_shift silu",
        "group_norm 2x12x5x7 G=3 residual gelu_tanh",
        "layer_norm 2x5x40 no_parameters scale_shift",
        "layer_norm 9x40 residual gelu",
        "rms_norm 9x40 weight_only",
        "rms_norm 9x40 residual weight_only",
        "rms_norm 9x40 residual weight_only weight_offset=1",
        "rms_norm 9x40"
    };

    private static double error(Workload workload, Direction direction) {
        Data data = Data.of(workload, false);
        ExpectedResults expected = ExpectedResults.of(workload, data, direction, 1);
        try (Task task = new LibTorchComposition(workload, data, direction, SLOTS)) {
            double error = 0;
            // Each slot twice: the second time it replaces results.
            for (int call = 0; call < 2 * SLOTS; call++) {
                task.run(call % SLOTS);
                error = Math.max(error, expected.error(task.results(call % SLOTS)));
            }
            return error;
        }
    }

    @Test
    void bothPassesHaveTheExpectedResults() {
        for (String name : WORKLOADS) {
            for (Layout layout : Layout.values()) {
                for (ElementType type : new ElementType[] {ElementType.FLOAT32, ElementType.FLOAT16}) {
                    Workload workload = WorkloadName.parse(name, type, layout);
                    for (Direction direction : Direction.values()) {
                        double error = error(workload, direction);
                        assertTrue(
                                error > 0 && ExpectedResults.passes(error, type),
                                workload + ", " + direction + ": " + error);
                    }
                }
            }
        }
    }

    @Test
    void aMissingAdditionIsDetected() {
        Workload whole = WorkloadName.parse(
                "group_norm 2x12x5x7 G=3 scale_shift silu", ElementType.FLOAT32, Layout.CHANNELS_FIRST);
        Data data = Data.of(whole, false);
        for (Direction direction : Direction.values()) {
            ExpectedResults expected = ExpectedResults.of(whole, data, direction, 1);
            Workload without = WorkloadName.parse(
                    "group_norm 2x12x5x7 G=3 scale_shift", ElementType.FLOAT32, Layout.CHANNELS_FIRST);
            try (Task task = new LibTorchComposition(without, data, direction, 1)) {
                task.run(0);
                double error = expected.error(task.results(0));
                assertTrue(error > 5e-2, direction + ": " + error);
            }
        }
    }
}
