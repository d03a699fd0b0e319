package io.github.clnorm.report;

import io.github.clnorm.compare.Column;
import io.github.clnorm.compare.Pass;
import io.github.clnorm.compare.View;
import io.github.clnorm.measure.Direction;
import java.util.ArrayList;
import java.util.List;

/** A comparison as a table in Markdown, as an issue takes it. */
public final class MarkdownReport {

    private MarkdownReport() {}

    /**
     * The table.
     *
     * @param view what to show
     * @return Markdown, with a line feed at the end
     */
    public static String text(View view) {
        StringBuilder text = new StringBuilder();
        List<Column> columns = view.comparison().columns();
        for (Column column : columns) {
            text.append("- **").append(column.letter()).append("** ").append(escaped(column.device().description()))
                    .append("; ").append(escaped(column.run().source())).append(", ")
                    .append(escaped(column.run().date())).append(", clnorm ").append(escaped(column.run().version()))
                    .append('\n');
        }
        text.append('\n').append(escaped(view.metric().unit())).append("; the best of a row is bold\n\n");

        List<String> head = new ArrayList<>(List.of("workload", "type", "layout", "pass"));
        columns.forEach(column -> head.add(column.letter()));
        view.held().forEach(column -> head.add(view.ratioName(column)));
        row(text, head);
        text.append("|---|---|---|---|").append("---:|".repeat(head.size() - 4)).append('\n');
        for (Pass pass : view.comparison().passes()) {
            List<String> cells = new ArrayList<>(List.of(
                    escaped(pass.workload()),
                    escaped(pass.type()),
                    pass.layout().isEmpty() ? "-" : escaped(pass.layout()),
                    pass.direction().toString()));
            for (Column column : columns) {
                String cell = escaped(view.cell(pass, column));
                cells.add(view.isBest(pass, column) ? "**" + cell + "**" : cell);
            }
            view.held().forEach(column -> cells.add(view.ratio(pass, column)));
            row(text, cells);
        }
        for (Direction direction : view.directions()) {
            int rows = view.comparison().common(direction).size();
            List<String> cells = new ArrayList<>(List.of("geometric mean of " + rows + " rows", "", "", direction.toString()));
            columns.forEach(column -> cells.add(view.mean(column, direction)));
            view.held().forEach(column -> cells.add(view.meanRatio(column, direction)));
            row(text, cells);
        }
        List<String> below = new ArrayList<>(view.notes());
        below.addAll(view.warnings());
        if (!below.isEmpty()) {
            text.append('\n');
            below.forEach(line -> text.append("- ").append(escaped(line)).append('\n'));
        }
        return text.toString();
    }

    private static void row(StringBuilder text, List<String> cells) {
        text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }

    /** Text that stays text: no table cell ends in it, nothing is marked up, nobody is mentioned and nothing linked. */
    static String escaped(String text) {
        return text.replaceAll("[\\p{Cntrl}\\p{Zl}\\p{Zp}]+", " ")
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace("@", "&#64;")
                .replace("://", "&#58;//")
                .replaceAll("[\\\\`*_\\[\\]|~]", "\\\\$0");
    }
}
