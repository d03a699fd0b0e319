package io.github.clnorm.tools.survey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.timing.Spread;
import io.github.clnorm.tools.measure.BenchRow;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Figures;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.measure.Suite;
import io.github.clnorm.tools.measure.Workload;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Means and predictions of made-up rows. */
class RatiosTest {

    private static final Workload ONE = Suite.SD_UNET.workloads().get(0);
    private static final Workload TWO = Suite.SD_UNET.workloads().get(1);
    private static final Workload OTHER = Suite.LAYER_NORM_ROWS.workloads().get(1);

    private static BenchRow row(Workload workload, double us, double device, Double heuristic) {
        return new BenchRow(
                workload,
                Direction.FORWARD,
                RowStatus.OK,
                "",
                new Figures(
                        new Spread(us, us, us, 3),
                        device,
                        50,
                        new Spread(1, 1, 1, 3),
                        100,
                        "",
                        0,
                        Plan.resident(1, 16),
                        1,
                        0,
                        heuristic == null
                                ? null
                                : new Figures.Heuristic(
                                        new Spread(heuristic, heuristic, heuristic, 3), Plan.resident(1, 8)),
                        0));
    }

    private static PyTorchRow torch(Workload workload, PyTorchRow.Mode mode, double us, double device) {
        return new PyTorchRow(workload, Direction.FORWARD, mode, new Spread(us, us, us, 3), device, "");
    }

    private static final List<BenchRow> ROWS = List.of(
            row(ONE, 10, 8, 20.0),
            row(TWO, 10, Double.NaN, null),
            new BenchRow(TWO, Direction.BACKWARD, RowStatus.SKIPPED, "stopped", null),
            row(OTHER, 10, 10, null));

    @Test
    void aLineForEachSuiteWithTheGeometricMeans() {
        List<Ratios.Line> lines = Ratios.of(
                ROWS,
                List.of(
                        torch(ONE, PyTorchRow.Mode.EAGER, 20, 16),
                        torch(TWO, PyTorchRow.Mode.EAGER, 80, 70),
                        torch(ONE, PyTorchRow.Mode.COMPILED, 5, 4),
                        new PyTorchRow(OTHER, Direction.FORWARD, PyTorchRow.Mode.EAGER, null, Double.NaN, "no memory")),
                (workload, direction) -> false);
        assertEquals(
                List.of("sd-unet", "layer-norm"),
                lines.stream().map(Ratios.Line::suite).toList());
        Ratios.Line unet = lines.get(0);
        assertEquals(2, unet.rows());
        assertEquals(0.5, unet.share().mean(), 1e-12);
        assertEquals(new Ratios.Mean(2, 1), unet.gain(), "the other row was not tuned");
        assertEquals(0, lines.get(1).gain().rows());
        assertEquals(4, unet.eager().mean(), 1e-12);
        assertEquals(new Ratios.Mean(2, 1), unet.eagerOnDevice(), "only one row has the device's time");
        assertEquals(new Ratios.Mean(0.5, 1), unet.compiled());
        assertEquals(0, lines.get(1).eager().rows());
        assertTrue(Double.isNaN(lines.get(1).eager().mean()));
        JsonNode node = Ratios.node(lines);
        assertEquals(4, node.get(0).get("eager").asDouble(), 1e-12);
        assertTrue(node.get(1).get("eager").isNull());
        assertEquals("", node.get(1).get("layout").asText());
    }

    @Test
    void aSearchThatFoundTheHeuristicsPlanGainsNothingAndCounts() {
        List<Ratios.Line> lines = Ratios.of(ROWS, List.of(), (workload, direction) -> !workload.equals(OTHER));
        assertEquals(2, lines.get(0).gain().rows());
        assertEquals(Math.sqrt(2), lines.get(0).gain().mean(), 1e-12);
        assertTrue(Double.isNaN(lines.get(1).gain().mean()));
        JsonNode node = Ratios.node(lines);
        assertTrue(node.get(1).get("gain").isNull());
        assertEquals(0, node.get(1).get("gain_rows").asInt());
    }

    @Test
    void predictionsAreOfTheHeuristicsPlans() {
        Predictions predictions = new Predictions(
                (workload, direction) -> workload.equals(ONE) ? 10 : workload.equals(TWO) ? 5 : Double.NaN);
        JsonNode node = predictions.node(ROWS);
        assertEquals(3, node.get("rows").size(), "rows without a time have no prediction to hold against");
        assertEquals(20, node.get("rows").get(0).get("us").asDouble(), "the heuristics' plan, not the tuned one");
        assertEquals(10, node.get("rows").get(0).get("predicted_us").asDouble());
        assertTrue(node.get("rows").get(2).get("predicted_us").isNull());
        assertEquals(2, node.get("measured_over_predicted").asDouble(), 1e-12);
        assertTrue(new Predictions(Predictions.Model.NONE)
                .node(ROWS)
                .get("measured_over_predicted")
                .isNull());
    }
}
