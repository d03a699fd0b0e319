package io.github.clnorm.tools.comparison;

import static io.github.clnorm.tools.testing.SavedRuns.BACKWARD;
import static io.github.clnorm.tools.testing.SavedRuns.FORWARD;
import static io.github.clnorm.tools.testing.SavedRuns.ROWS;
import static io.github.clnorm.tools.testing.SavedRuns.device;
import static io.github.clnorm.tools.testing.SavedRuns.pass;
import static io.github.clnorm.tools.testing.SavedRuns.row;
import static io.github.clnorm.tools.testing.SavedRuns.run;
import static io.github.clnorm.tools.testing.SavedRuns.without;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.timing.Spread;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.RowStatus;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BaselineTest {

    private static final SavedRun BEFORE =
            run("before.json", device("H200", row(FORWARD, 100), row(BACKWARD, 100), row(ROWS, 100)));

    private static Baseline hold(SavedRun before, SavedRun... after) {
        return new Baseline(comparison(before, after), before);
    }

    private static Comparison comparison(SavedRun before, SavedRun... after) {
        return Comparison.of(Stream.concat(Stream.of(before), Stream.of(after)).toList());
    }

    @Test
    void theBandIsWhatTheSpreadsLeaveOpen() {
        Ratio ratio = Ratio.of(new Spread(130, 120, 150, 9), new Spread(100, 75, 110, 9));
        assertEquals(1.3, ratio.median(), 1e-12);
        assertEquals(120.0 / 110, ratio.least(), 1e-12);
        assertEquals(2.0, ratio.most(), 1e-12);
        assertTrue(ratio.isSlowerBy(9));
        assertFalse(ratio.isSlowerBy(10));
        assertEquals("1.30 (1.09-2.00)", ratio.toString());
    }

    @Test
    void slowerBeyondTheNoiseIsARegression() {
        // Ten percent up and down each: 20 % slower may be noise, 40 % is not.
        SavedRun after = run("after.json", device("H200", row(FORWARD, 120), row(BACKWARD, 140), row(ROWS, 60)));
        Comparison comparison = comparison(BEFORE, after);
        Baseline baseline = new Baseline(comparison, BEFORE);
        assertEquals(
                List.of(new Baseline.Regression(
                        BACKWARD.toString(), comparison.columns().get(1), "takes 1.40 (1.15-1.71) times as long")),
                baseline.regressions(5));
        assertEquals(List.of(), baseline.regressions(20));
        View view = new View(comparison, Metric.US, Optional.of(baseline));
        assertEquals(
                "1.20 (0.98-1.47)", view.ratio(FORWARD, comparison.columns().get(1)));
        assertEquals(
                "1.40 (1.15-1.71) slower",
                view.ratio(BACKWARD, comparison.columns().get(1)));
        assertEquals(
                "0.60 (0.49-0.73) faster", view.ratio(ROWS, comparison.columns().get(1)));
        assertEquals("-", view.ratio(FORWARD, comparison.columns().get(0)));
        assertEquals(List.of("A", "B", "B/A"), view.grid(comparison.passes()).columns());
    }

    /** Eighteen rows, each of which may be noise by its own band: together they are not. */
    @Test
    void whatSlowsAllRowsDownIsARegressionOfTheMean() {
        SavedRow[] before = new SavedRow[18];
        SavedRow[] after = new SavedRow[18];
        for (int i = 0; i < 18; i++) {
            MeasuredPass pass = pass("group_norm 2x" + 32 * (i + 1) + "x8x8 G=32", Direction.FORWARD);
            before[i] = row(pass, new Spread(100, 70, 150, 9));
            after[i] = row(pass, new Spread(190, 140, 280, 9));
        }
        SavedRun first = run("before.json", device("H200", before));
        Comparison comparison = comparison(first, run("after.json", device("H200", after)));
        Baseline baseline = new Baseline(comparison, first);
        Column column = comparison.columns().get(1);
        // Each row: 1.9, from 140/150 to 280/70. Of the mean, a root of 18th of that distance.
        Ratio mean = Ratio.mean(baseline.ratios(column, Direction.FORWARD));
        assertEquals(1.9, mean.median(), 1e-9);
        assertEquals(1.9 * Math.pow(140 / 150.0 / 1.9, 1 / Math.sqrt(18)), mean.least(), 1e-9);
        assertEquals(1.9 * Math.pow(4 / 1.9, 1 / Math.sqrt(18)), mean.most(), 1e-9);
        assertEquals(
                List.of(new Baseline.Regression(
                        "geometric mean of 18 rows, forward", column, "takes 1.90 (1.61-2.26) times as long")),
                baseline.regressions(5));
        assertEquals(List.of(), baseline.regressions(62));
        View view = new View(comparison, Metric.US, Optional.of(baseline));
        assertEquals(
                "1.90 (1.61-2.26) slower",
                view.means().lines().get(0).cells().get(2).text());
        assertEquals(
                List.of(),
                new Baseline(comparison(first, run("again.json", device("H200", before))), first).regressions(0));
    }

    /** Rows that disagree widen the band of their mean. */
    @Test
    void aMeanOfRowsThatDisagreeIsUncertain() {
        Ratio mean = Ratio.mean(List.of(new Ratio(1, 1, 1), new Ratio(4, 4, 4)));
        assertEquals(2, mean.median(), 1e-9);
        assertEquals(0.5, mean.least(), 1e-9);
        assertEquals(8, mean.most(), 1e-9);
        assertFalse(mean.isSlowerBy(0));
    }

    @Test
    void forwardIsJudgedWithoutBackward() {
        SavedRun after = run("after.json", device("H200", row(FORWARD, 121), row(ROWS, 121), row(BACKWARD, 10)));
        List<Baseline.Regression> regressions = hold(BEFORE, after).regressions(3);
        assertEquals(
                List.of("geometric mean of 2 rows, forward"),
                regressions.stream().map(Baseline.Regression::row).toList());
        assertEquals(
                List.of(),
                hold(BEFORE, run("after.json", device("H200", row(FORWARD, 121), row(ROWS, 80))))
                        .regressions(0));
    }

    @Test
    void whatNowFailsIsARegressionAndWhatIsMissingIsSaid() {
        SavedRun after = run(
                "after.json",
                device("H200", row(FORWARD, 100), without(BACKWARD, RowStatus.ERROR, "CL_OUT_OF_RESOURCES")));
        Baseline baseline = hold(BEFORE, after);
        assertEquals(
                List.of("error: CL_OUT_OF_RESOURCES"),
                baseline.regressions(5).stream().map(Baseline.Regression::what).toList());
        assertEquals(List.of("B lacks 1 of the rows of its baseline, A"), baseline.warnings());
    }

    @Test
    void whatWasSkippedIsNoRegression() {
        Baseline baseline = hold(
                BEFORE,
                run("after.json", device("H200", row(FORWARD, 100), without(BACKWARD, RowStatus.SKIPPED, "stopped"))));
        assertEquals(List.of(), baseline.regressions(5));
        assertEquals(
                List.of("B lacks 1 of the rows of its baseline, A", "B skipped 1 of the rows of its baseline, A"),
                baseline.warnings());
    }

    @Test
    void whereAllRowsFailTheyAreNamed() {
        Baseline baseline = hold(
                BEFORE,
                run(
                        "after.json",
                        device(
                                "H200",
                                without(FORWARD, RowStatus.ERROR, "x"),
                                without(ROWS, RowStatus.UNSUPPORTED, "y"))));
        assertEquals(
                List.of(FORWARD + ": error: x", ROWS + ": unsupported: y"),
                baseline.regressions(5).stream()
                        .map(one -> one.row() + ": " + one.what())
                        .toList());
    }

    @Test
    void aLostDeviceIsARegressionAndOneThatIsGoneIsSaid() {
        SavedRun before = run("before.json", device("H200", row(FORWARD, 100)), device("Xeon", row(FORWARD, 1000)));
        SavedDevice lost = new SavedDevice(
                "H200", "NVIDIA CUDA", "1.0", Map.of(), Optional.empty(), "CL_DEVICE_NOT_AVAILABLE", Map.of());
        Baseline baseline = hold(before, run("after.json", lost));
        assertEquals(
                List.of("1 row: CL_DEVICE_NOT_AVAILABLE"),
                baseline.regressions(5).stream()
                        .map(one -> one.row() + ": " + one.what())
                        .toList());
        assertEquals(
                "B, Xeon, of the baseline is in no other run",
                baseline.warnings().get(0));
    }

    @Test
    void eachDeviceIsHeldAgainstTheSameOne() {
        SavedRun before = run("before.json", device("H200", row(FORWARD, 100)), device("Xeon", row(FORWARD, 1000)));
        SavedRun after = run("after.json", device("Xeon", row(FORWARD, 1000)), device("Arc", row(FORWARD, 1000)));
        Comparison comparison = comparison(before, after);
        Baseline baseline = new Baseline(comparison, before);
        assertEquals("B", baseline.of(comparison.columns().get(2)).orElseThrow().letter());
        assertEquals(Optional.empty(), baseline.of(comparison.columns().get(3)));
        assertEquals(
                List.of(
                        "A, H200, of the baseline is in no other run",
                        "D has no device in the baseline to be held against"),
                baseline.warnings());
        assertEquals(List.of(), baseline.regressions(0));
    }

    @Test
    void anotherDeviceIsHeldAgainstTheOnlyOne() {
        Baseline baseline = hold(BEFORE, run("after.json", device("Arc", row(FORWARD, 300))));
        assertEquals(1, baseline.regressions(5).size());
        assertEquals(
                "B is another device than its baseline, A", baseline.warnings().get(0));
    }

    @Test
    void twinsAreHeldAgainstTwins() {
        SavedRun before = run("before.json", device("H200", row(FORWARD, 1000)), device("H200", row(FORWARD, 100)));
        SavedRun after = run("after.json", device("H200", row(FORWARD, 1000)), device("H200", row(FORWARD, 500)));
        Baseline baseline = hold(before, after);
        assertEquals(
                List.of("D"),
                baseline.regressions(5).stream()
                        .map(one -> one.column().letter())
                        .toList());
        assertEquals(List.of(), baseline.warnings());
    }

    @Test
    void nothingIsHeldAgainstAnotherDeviceOfABaselineOfTwo() {
        SavedDevice lost = new SavedDevice(
                "llvmpipe", "rusticl", "1.0", Map.of(), Optional.empty(), "CL_DEVICE_NOT_AVAILABLE", Map.of());
        SavedRun before = run("before.json", device("H200", row(FORWARD, 100)), lost);
        SavedRun after =
                run("after.json", device("H200", row(FORWARD, 100)), device("llvmpipe", "rusticl", row(FORWARD, 9999)));
        assertEquals(List.of(), hold(before, after).regressions(5));
    }

    @Test
    void aDeviceThatWasLostMidwayIsARegression() {
        SavedDevice lost = new SavedDevice(
                "H200",
                "NVIDIA CUDA",
                "1.0",
                Map.of(),
                Optional.empty(),
                "CL_OUT_OF_RESOURCES",
                Map.of(FORWARD, row(FORWARD, 100)));
        Baseline baseline = hold(BEFORE, run("after.json", lost));
        assertEquals(
                List.of("2 rows: CL_OUT_OF_RESOURCES"),
                baseline.regressions(5).stream()
                        .map(one -> one.row() + ": " + one.what())
                        .toList());
    }

    @Test
    void anotherDeviceBesideTheSameOneIsNot() {
        Baseline baseline = hold(
                BEFORE,
                run("after.json", device("H200", row(FORWARD, 100)), device("llvmpipe", row(FORWARD, 100_000))));
        assertEquals(List.of(), baseline.regressions(5));
        assertEquals(
                "C has no device in the baseline to be held against",
                baseline.warnings().get(1));
    }

    @Test
    void nothingToCompareIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> hold(BEFORE));
        assertThrows(IllegalArgumentException.class, () -> hold(BEFORE, run("after.json", device("H200"))));
        SavedRun two = run("before.json", device("H200", row(FORWARD, 1)), device("Xeon", row(FORWARD, 1)));
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class, () -> hold(two, run("after.json", device("Arc", row(FORWARD, 1)))));
        assertEquals(
                "nothing to hold against the baseline before.json: no other run measured one of its rows on one of its devices",
                e.getMessage());
    }
}
