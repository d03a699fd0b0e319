package io.github.clnorm.tools.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.dataformat.csv.CsvGenerator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.github.clnorm.tools.comparison.Column;
import io.github.clnorm.tools.comparison.MeasuredPass;
import io.github.clnorm.tools.comparison.Ratio;
import io.github.clnorm.tools.comparison.SavedFigures;
import io.github.clnorm.tools.comparison.SavedRow;
import io.github.clnorm.tools.comparison.SuiteOf;
import io.github.clnorm.tools.comparison.View;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * A comparison as CSV (RFC 4180): a line for each pass on each device, with all figures, whatever metric the view
 * shows.
 */
public final class CsvReport {

    private static final List<String> COLUMNS = List.of(
            "suite",
            "workload",
            "operation",
            "dtype",
            "layout",
            "pass",
            "bytes",
            "column",
            "device",
            "platform",
            "driver",
            "file",
            "date",
            "clnorm",
            "kernels",
            "status",
            "reason",
            "us",
            "us_p10",
            "us_p90",
            "samples",
            "device_us",
            "gb_per_s",
            "share",
            "error",
            "plan",
            "launches",
            "workspace_bytes",
            "copy_us",
            "copy_gb_per_s",
            "heuristic_us",
            "heuristic_plan",
            "baseline_ratio",
            "baseline_ratio_least",
            "baseline_ratio_most");

    private CsvReport() {}

    /**
     * The rows.
     *
     * @param view what to show
     * @return comma-separated values; the first line has their names
     */
    public static String text(View view) {
        CsvSchema.Builder schema = CsvSchema.builder().setUseHeader(true).setLineSeparator("\r\n");
        COLUMNS.forEach(schema::addColumn);
        List<Map<String, Object>> rows = new ArrayList<>();
        for (MeasuredPass pass : view.comparison().passes()) {
            for (Column column : view.comparison().columns()) {
                view.comparison().row(pass, column).ifPresent(row -> rows.add(line(view, column, row)));
            }
        }
        ObjectWriter writer = CsvMapper.builder()
                .enable(CsvGenerator.Feature.STRICT_CHECK_FOR_QUOTING)
                .build()
                .writer(schema.build());
        try {
            return writer.writeValueAsString(rows);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, Object> line(View view, Column column, SavedRow row) {
        MeasuredPass pass = row.pass();
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("suite", SuiteOf.name(pass));
        line.put("workload", plain(pass.workload()));
        line.put("operation", plain(pass.operation()));
        line.put("dtype", plain(pass.type()));
        line.put("layout", plain(pass.layout()));
        line.put("pass", pass.direction().toString());
        line.put("bytes", row.bytes());
        line.put("column", column.letter());
        line.put("device", plain(column.device().name()));
        line.put("platform", plain(column.device().platform()));
        line.put("driver", plain(column.device().driver()));
        line.put("file", plain(column.run().source()));
        line.put("date", plain(column.run().date()));
        line.put("clnorm", plain(column.run().version()));
        line.put("kernels", plain(column.run().kernels()));
        line.put("status", row.status().toString());
        line.put("reason", plain(row.reason()));
        if (row.isMeasured()) {
            figures(line, row.figures());
            view.baseline().flatMap(base -> base.ratio(pass, column)).ifPresent(ratio -> ratio(line, ratio));
        }
        return line;
    }

    private static void figures(Map<String, Object> line, SavedFigures figures) {
        line.put("us", figures.time().median());
        line.put("us_p10", figures.time().p10());
        line.put("us_p90", figures.time().p90());
        line.put("samples", figures.time().samples());
        line.put("device_us", orNothing(figures.deviceMicroseconds()));
        line.put("gb_per_s", figures.gigabytesPerSecond());
        line.put("share", figures.share());
        line.put("error", orNothing(figures.error()));
        line.put("plan", plain(figures.plan()));
        line.put("launches", figures.launches());
        line.put("workspace_bytes", figures.workspaceBytes());
        line.put("copy_us", figures.copy().median());
        line.put("copy_gb_per_s", figures.copyGigabytesPerSecond());
        figures.tuning().ifPresent(tuning -> {
            line.put("heuristic_us", tuning.heuristic().median());
            line.put("heuristic_plan", plain(tuning.plan()));
        });
    }

    private static void ratio(Map<String, Object> line, Ratio ratio) {
        line.put("baseline_ratio", ratio.median());
        line.put("baseline_ratio_least", ratio.least());
        line.put("baseline_ratio_most", ratio.most());
    }

    private static Double orNothing(OptionalDouble value) {
        return value.isPresent() ? value.getAsDouble() : null;
    }

    /** Text in one line that no spreadsheet takes for a formula. */
    private static String plain(String text) {
        String line = text.replaceAll("[\\p{Cc}\\p{Zl}\\p{Zp}]+", " ");
        return !line.isEmpty() && "=+-@".indexOf(line.charAt(0)) >= 0 ? "'" + line : line;
    }
}
