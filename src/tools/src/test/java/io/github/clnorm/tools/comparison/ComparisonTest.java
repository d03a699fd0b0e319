package io.github.clnorm.tools.comparison;

import static io.github.clnorm.tools.testing.SavedRuns.BACKWARD;
import static io.github.clnorm.tools.testing.SavedRuns.FORWARD;
import static io.github.clnorm.tools.testing.SavedRuns.ROWS;
import static io.github.clnorm.tools.testing.SavedRuns.device;
import static io.github.clnorm.tools.testing.SavedRuns.row;
import static io.github.clnorm.tools.testing.SavedRuns.run;
import static io.github.clnorm.tools.testing.SavedRuns.without;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.RowStatus;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ComparisonTest {

    private static final SavedRun FAST =
            run("fast.json", device("H200", row(FORWARD, 10), row(BACKWARD, 40), row(ROWS, 5)));
    private static final SavedRun SLOW = run(
            "slow.json",
            device("Xeon", row(FORWARD, 1000), without(ROWS, RowStatus.UNSUPPORTED, "no such type")),
            device("Idle"));

    private final Comparison comparison = Comparison.of(List.of(FAST, SLOW));

    @Test
    void aColumnForEachDeviceOfEachRun() {
        assertEquals(
                List.of("A", "B", "C"),
                comparison.columns().stream().map(Column::letter).toList());
        assertEquals(
                List.of("H200", "Xeon", "Idle"),
                comparison.columns().stream().map(Column::label).toList());
        assertEquals(List.of(FORWARD, BACKWARD, ROWS), comparison.passes());
    }

    @Test
    void lettersGoOnBehindZ() {
        assertEquals("Z", Column.letter(25));
        assertEquals("AA", Column.letter(26));
        assertEquals("AZ", Column.letter(51));
        assertEquals("BA", Column.letter(52));
        assertEquals("ZZ", Column.letter(701));
        assertEquals("AAA", Column.letter(702));
    }

    @Test
    void cellsSayWhyThereAreNoFigures() {
        View view = new View(comparison, Metric.US, Optional.empty());
        Grid grid = view.grid(comparison.passes());
        assertEquals(List.of("A", "B", "C"), grid.columns());
        assertEquals(List.of("10.0", "1000", "missing"), texts(grid.lines().get(0)));
        assertEquals(List.of("40.0", "missing", "missing"), texts(grid.lines().get(1)));
        assertEquals(
                List.of("5.0", "unsupported", "missing"), texts(grid.lines().get(2)));
        assertEquals(
                List.of(true, false, false),
                grid.lines().get(0).cells().stream().map(Grid.Cell::best).toList());
        assertEquals(
                List.of(
                        "Best of 1 row that several have: A 1, B 0, C 0.",
                        "B, 1 row missing: its run has no such row.",
                        "B, 1 row unsupported: no such type.",
                        "C, 3 rows missing: its run has no such row."),
                view.notes());
    }

    @Test
    void theBestDependsOnTheMetric() {
        SavedRow row = row(FORWARD, 20);
        SavedFigures figures = row.figures();
        // Half as fast, on a device whose copy is ten times slower.
        SavedRow near = new SavedRow(
                FORWARD,
                row.bytes(),
                row.status(),
                "",
                new SavedFigures(
                        figures.time(),
                        figures.deviceMicroseconds(),
                        figures.gigabytesPerSecond(),
                        10 * figures.share(),
                        figures.error(),
                        figures.plan(),
                        1,
                        0,
                        figures.copy(),
                        figures.copyGigabytesPerSecond() / 10,
                        Optional.empty()));
        Comparison two =
                Comparison.of(List.of(run("a", device("fast", row(FORWARD, 10))), run("b", device("near", near))));
        assertEquals(List.of("A"), letters(two.winners(FORWARD, Metric.US)));
        assertEquals(List.of("A"), letters(two.winners(FORWARD, Metric.GB_PER_S)));
        assertEquals(List.of("B"), letters(two.winners(FORWARD, Metric.SHARE)));
    }

    @Test
    void nobodyWinsAloneAndEqualsBothWin() {
        assertEquals(List.of(), comparison.winners(BACKWARD, Metric.US));
        Comparison same =
                Comparison.of(List.of(run("a", device("x", row(FORWARD, 10)), device("y", row(FORWARD, 10)))));
        assertEquals(List.of("A", "B"), letters(same.winners(FORWARD, Metric.US)));
    }

    private static List<String> texts(Grid.Line line) {
        return line.cells().stream().map(Grid.Cell::text).toList();
    }

    private static List<String> letters(List<Column> columns) {
        return columns.stream().map(Column::letter).toList();
    }

    @Test
    void meansAreOverWhatAllMeasuredDevicesHave() {
        // C was measured at nothing: it takes no row from the others.
        assertEquals(List.of(FORWARD), comparison.common(Direction.FORWARD));
        assertEquals(List.of(), comparison.common(Direction.BACKWARD));
        Grid means = new View(comparison, Metric.US, Optional.empty()).means();
        assertEquals(List.of("10.0", "1000", "-"), texts(means.lines().get(0)));
        assertEquals(List.of("-", "-", "-"), texts(means.lines().get(1)));
        Comparison alone = Comparison.of(List.of(FAST));
        assertEquals(
                Math.sqrt(50),
                alone.mean(alone.columns().get(0), alone.common(Direction.FORWARD), Metric.US)
                        .orElseThrow(),
                1e-9);
    }

    @Test
    void otherVersionsAndKernelsAreWarnedOf() {
        Comparison mixed =
                Comparison.of(List.of(FAST, run("other.json", "0.2.0", "5678", device("H200", row(FORWARD, 9)))));
        assertEquals(
                List.of(
                        "other.json was measured by clnorm 0.2.0, fast.json by 0.1.0",
                        "other.json was measured with other kernels than fast.json: 5678 and 1234"),
                mixed.warnings());
        assertTrue(comparison.warnings().isEmpty());
    }

    @Test
    void suitesAreNamedAfterNetworksBeforeTheQuickSelection() {
        assertEquals("sd-unet", SuiteOf.name(FORWARD));
        assertEquals("layer-norm", SuiteOf.name(ROWS));
        assertEquals("other", SuiteOf.name(new MeasuredPass("rms_norm 3x3", "float32", "", Direction.FORWARD)));
    }
}
