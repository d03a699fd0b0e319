package io.github.clnorm.tools.report;

import io.github.clnorm.tools.comparison.Column;
import io.github.clnorm.tools.comparison.Grid;
import io.github.clnorm.tools.comparison.View;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A comparison as a Markdown table, for an issue or a pull request. */
public final class MarkdownReport {

    private MarkdownReport() {}

    /**
     * The table.
     *
     * @param view what to show
     * @return Markdown that ends with a line feed
     */
    public static String text(View view) {
        StringBuilder text = new StringBuilder();
        List<Column> columns = view.comparison().columns();
        for (Column column : columns) {
            text.append("- **")
                    .append(column.letter())
                    .append("** ")
                    .append(escaped(column.device().description()))
                    .append("; ")
                    .append(escaped(view.origin(column)))
                    .append(", clnorm ")
                    .append(escaped(column.run().version()))
                    .append('\n');
        }
        text.append('\n').append(escaped(view.metric().unit())).append("; the best of a row is bold\n\n");

        Grid grid = view.grid(view.comparison().passes());
        row(text, grid.names(), grid.columns());
        text.append("|")
                .append("---|".repeat(grid.names().size()))
                .append("---:|".repeat(grid.columns().size()))
                .append('\n');
        Stream.concat(grid.lines().stream(), view.means().lines().stream())
                .forEach(line -> row(
                        text,
                        line.names(),
                        line.cells().stream()
                                .map(cell -> cell.best() ? "**" + escaped(cell.text()) + "**" : escaped(cell.text()))
                                .toList()));
        List<String> below = new ArrayList<>(view.notes());
        below.addAll(view.warnings());
        if (!below.isEmpty()) {
            text.append('\n');
            below.forEach(line -> text.append("- ").append(escaped(line)).append('\n'));
        }
        return text.toString();
    }

    private static void row(StringBuilder text, List<String> names, List<String> cells) {
        Stream<String> all = Stream.concat(names.stream().map(MarkdownReport::escaped), cells.stream());
        text.append("| ").append(all.collect(Collectors.joining(" | "))).append(" |\n");
    }

    /** Text without effect in Markdown: it ends no table cell, and contains no markup, mention or link. */
    static String escaped(String text) {
        return text.replaceAll("[\\p{Cntrl}\\p{Zl}\\p{Zp}]+", " ")
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace("#", "&#35;")
                .replace("$", "&#36;")
                .replace("@", "&#64;")
                .replace("www.", "www&#46;")
                .replaceAll(":(?=//|[a-zA-Z+_-])", "&#58;")
                .replaceAll("[\\\\`*_\\[\\]|~]", "\\\\$0");
    }
}
