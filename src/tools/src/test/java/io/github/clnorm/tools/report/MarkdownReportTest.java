package io.github.clnorm.tools.report;

import static io.github.clnorm.tools.testing.SavedRuns.BACKWARD;
import static io.github.clnorm.tools.testing.SavedRuns.FORWARD;
import static io.github.clnorm.tools.testing.SavedRuns.device;
import static io.github.clnorm.tools.testing.SavedRuns.row;
import static io.github.clnorm.tools.testing.SavedRuns.run;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.clnorm.tools.comparison.Baseline;
import io.github.clnorm.tools.comparison.Comparison;
import io.github.clnorm.tools.comparison.Metric;
import io.github.clnorm.tools.comparison.SavedRun;
import io.github.clnorm.tools.comparison.View;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MarkdownReportTest {

    @Test
    void theTable() {
        SavedRun before = run("before.json", device("H200", row(FORWARD, 100)));
        SavedRun after = run("after.json", device("H200", row(FORWARD, 50), row(BACKWARD, 70)));
        Comparison comparison = Comparison.of(List.of(before, after));
        assertEquals(
                """
                - **A** H200 (NVIDIA CUDA, driver 1.0); before.json, 2026-11-21T10:00:00Z, the baseline, clnorm 0.1.0
                - **B** H200 (NVIDIA CUDA, driver 1.0); after.json, 2026-11-21T10:00:00Z, clnorm 0.1.0

                us; the best of a row is bold

                | workload | type | layout | pass | A | B | B/A |
                |---|---|---|---|---:|---:|---:|
                | group\\_norm 2x320x64x64 G=32 | float32 | channels\\_first | forward | 100 | **50.0** | 0.50 (0.41-0.61) faster |
                | group\\_norm 2x320x64x64 G=32 | float32 | channels\\_first | backward | missing | 70.0 | - |
                | geometric mean of 1 row that all have |  |  | forward | 100 | 50.0 | 0.50 |
                | geometric mean of 0 rows that all have |  |  | backward | - | - | - |

                - Best of 1 row that several have: A 0, B 1.
                - A, 1 row missing: its run has no such row.
                """,
                MarkdownReport.text(new View(comparison, Metric.US, Optional.of(new Baseline(comparison, before)))));
    }

    @Test
    void textStaysText() {
        assertEquals(
                "&lt;b>x\\|y\\`z &#64;team \\[a\\](https&#58;//b) &amp;amp; \\*\\* &#35;1 &#36;x&#36; &#58;smile: www&#46;a.b 10:00",
                MarkdownReport.escaped("<b>x|y`z\n@team [a](https://b) &amp; ** #1 $x$ :smile: www.a.b 10:00"));
    }
}
