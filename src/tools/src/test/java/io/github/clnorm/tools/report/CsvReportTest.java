package io.github.clnorm.tools.report;

import static io.github.clnorm.tools.testing.SavedRuns.FORWARD;
import static io.github.clnorm.tools.testing.SavedRuns.ROWS;
import static io.github.clnorm.tools.testing.SavedRuns.device;
import static io.github.clnorm.tools.testing.SavedRuns.row;
import static io.github.clnorm.tools.testing.SavedRuns.run;
import static io.github.clnorm.tools.testing.SavedRuns.without;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.github.clnorm.tools.comparison.Comparison;
import io.github.clnorm.tools.comparison.Metric;
import io.github.clnorm.tools.comparison.SavedRun;
import io.github.clnorm.tools.comparison.View;
import io.github.clnorm.tools.measure.RowStatus;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CsvReportTest {

    private static List<Map<String, String>> lines(SavedRun... runs) throws IOException {
        String text = CsvReport.text(new View(Comparison.of(List.of(runs)), Metric.SHARE, Optional.empty()));
        try (MappingIterator<Map<String, String>> lines = new CsvMapper()
                .readerForMapOf(String.class)
                .with(CsvSchema.emptySchema().withHeader())
                .readValues(text)) {
            return lines.readAll();
        }
    }

    @Test
    void aLineForEachPassOnEachDevice() throws IOException {
        List<Map<String, String>> lines = lines(
                run("a.json", device("H200", row(FORWARD, 100), without(ROWS, RowStatus.SKIPPED, "too slow"))),
                run("b.json", device("Xeon", row(FORWARD, 1000))));
        assertEquals(3, lines.size());
        Map<String, String> first = lines.get(0);
        assertEquals("sd-unet", first.get("suite"));
        assertEquals("group_norm", first.get("operation"));
        assertEquals("H200", first.get("device"));
        assertEquals("100.0", first.get("us"), "whatever the metric");
        assertEquals("200.0", first.get("gb_per_s"));
        assertEquals("", first.get("device_us"), "nothing where there is no figure");
        assertEquals("Xeon", lines.get(1).get("device"));
        assertEquals("skipped", lines.get(2).get("status"));
        assertEquals("too slow", lines.get(2).get("reason"));
        assertEquals("", lines.get(2).get("us"));
    }

    @Test
    void nothingIsAFormulaOrEndsALine() throws IOException {
        List<Map<String, String>> lines = lines(run(
                "=a.json",
                device("=HYPERLINK(\"http://x\",\"y\")\r\n,z", row(FORWARD, 100)),
                device("@a", row(FORWARD, 1))));
        assertEquals(2, lines.size());
        assertEquals("'=HYPERLINK(\"http://x\",\"y\") ,z", lines.get(0).get("device"));
        assertEquals("'=a.json", lines.get(0).get("file"));
        assertEquals("'@a", lines.get(1).get("device"));
        assertTrue(lines.get(0).get("workload").startsWith("group_norm"));
    }
}
