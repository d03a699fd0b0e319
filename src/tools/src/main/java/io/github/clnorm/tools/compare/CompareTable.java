package io.github.clnorm.tools.compare;

import io.github.clnorm.tools.comparison.Column;
import io.github.clnorm.tools.comparison.Grid;
import io.github.clnorm.tools.comparison.View;
import io.github.clnorm.tools.terminal.TextTable;
import java.util.List;
import java.util.stream.Stream;

/** A comparison as a plain-text table. */
final class CompareTable {

    private CompareTable() {}

    static String of(View view) {
        StringBuilder text = new StringBuilder();
        List<Column> columns = view.comparison().columns();
        TextTable legend = new TextTable("", "device", "run", "clnorm", "kernels");
        for (Column column : columns) {
            legend.row(
                    column.letter(),
                    column.device().description(),
                    view.origin(column),
                    column.run().version(),
                    column.run().kernels());
        }
        text.append(legend).append('\n');
        text.append(view.metric().unit()).append(columns.size() > 1 ? "; * is the best of a row\n" : "\n");

        Grid grid = view.grid(view.comparison().passes());
        TextTable table = new TextTable(cells(grid.names(), grid.columns()));
        Stream.concat(grid.lines().stream(), view.means().lines().stream())
                .forEach(line -> table.row(cells(
                        line.names(),
                        line.cells().stream()
                                .map(cell -> cell.text() + (cell.best() ? " *" : ""))
                                .toList())));
        text.append(table);
        if (!view.notes().isEmpty()) {
            text.append('\n');
            view.notes().forEach(note -> text.append(TextTable.oneLine(note)).append('\n'));
        }
        return text.toString();
    }

    private static String[] cells(List<String> names, List<String> figures) {
        return Stream.concat(names.stream(), figures.stream()).toArray(String[]::new);
    }
}
