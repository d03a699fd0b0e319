package io.github.clnorm.tools.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.tools.comparison.Column;
import io.github.clnorm.tools.comparison.Comparison;
import io.github.clnorm.tools.comparison.ErrorBounds;
import io.github.clnorm.tools.comparison.MeasuredPass;
import io.github.clnorm.tools.comparison.SavedFigures;
import io.github.clnorm.tools.comparison.SavedRow;
import io.github.clnorm.tools.comparison.SuiteOf;
import io.github.clnorm.tools.comparison.View;

/** The data of the charts: each figure once. */
final class ChartData {

    private ChartData() {}

    /** JSON for a script element: nothing in it can end the element. */
    static String json(View view) {
        ObjectNode root = new ObjectMapper().createObjectNode();
        Comparison comparison = view.comparison();
        ArrayNode columns = root.putArray("columns");
        for (Column column : comparison.columns()) {
            columns.addObject().put("letter", column.letter()).put("label", column.label());
        }
        ArrayNode rows = root.putArray("rows");
        for (MeasuredPass pass : comparison.passes()) {
            for (int i = 0; i < comparison.columns().size(); i++) {
                int column = i;
                comparison
                        .row(pass, comparison.columns().get(i))
                        .ifPresent(row -> add(rows.addObject().put("column", column), row));
            }
        }
        try {
            return new ObjectMapper()
                    .writeValueAsString(root)
                    .replace("<", "\\u003c")
                    .replace(">", "\\u003e")
                    .replace("&", "\\u0026");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void add(ObjectNode node, SavedRow row) {
        MeasuredPass pass = row.pass();
        node.put("suite", SuiteOf.name(pass))
                .put("workload", pass.workload())
                .put("type", pass.type())
                .put("layout", pass.layout())
                .put("direction", pass.direction().toString())
                .put("bytes", row.bytes())
                .put("status", row.status().toString());
        if (row.isMeasured()) {
            add(node, pass, row.figures());
        }
    }

    private static void add(ObjectNode node, MeasuredPass pass, SavedFigures figures) {
        node.put("us", figures.time().median())
                .put("p10", figures.time().p10())
                .put("p90", figures.time().p90())
                .put("rate", figures.gigabytesPerSecond())
                .put("share", figures.share())
                .put("plan", figures.plan());
        figures.error().ifPresent(error -> node.put("error", error));
        ErrorBounds.of(pass).ifPresent(bound -> node.put("bound", bound));
        figures.tuning().ifPresent(tuning -> node.put("gain", tuning.gain()));
    }
}
