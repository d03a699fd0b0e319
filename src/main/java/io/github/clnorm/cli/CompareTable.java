package io.github.clnorm.cli;

import io.github.clnorm.compare.Column;
import io.github.clnorm.compare.Pass;
import io.github.clnorm.compare.View;
import io.github.clnorm.measure.Direction;
import java.util.ArrayList;
import java.util.List;

/** Runs side by side, for people. */
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
                    column.run().source() + ", " + column.run().date(),
                    column.run().version(),
                    column.run().kernels());
        }
        text.append(legend).append('\n');
        text.append(view.metric().unit()).append(columns.size() > 1 ? "; * is the best of a row\n" : "\n");

        List<String> head = new ArrayList<>(List.of("workload", "type", "layout", "pass"));
        columns.forEach(column -> head.add(column.letter()));
        view.held().forEach(column -> head.add(view.ratioName(column)));
        TextTable table = new TextTable(head.toArray(String[]::new));
        for (Pass pass : view.comparison().passes()) {
            List<String> cells = new ArrayList<>(List.of(
                    pass.workload(),
                    pass.type(),
                    pass.layout().isEmpty() ? "-" : pass.layout(),
                    pass.direction().toString()));
            for (Column column : columns) {
                cells.add(view.cell(pass, column) + (view.isBest(pass, column) ? " *" : ""));
            }
            view.held().forEach(column -> cells.add(view.ratio(pass, column)));
            table.row(cells.toArray(String[]::new));
        }
        for (Direction direction : view.directions()) {
            List<String> cells = new ArrayList<>(List.of(
                    "geometric mean of " + view.comparison().common(direction).size() + " rows that all have",
                    "",
                    "",
                    direction.toString()));
            columns.forEach(column -> cells.add(view.mean(column, direction)));
            view.held().forEach(column -> cells.add(view.meanRatio(column, direction)));
            table.row(cells.toArray(String[]::new));
        }
        text.append(table);
        if (!view.notes().isEmpty()) {
            text.append('\n');
            view.notes().forEach(note -> text.append(TextTable.oneLine(note)).append('\n'));
        }
        return text.toString();
    }
}
