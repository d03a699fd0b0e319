package io.github.clnorm.tools.errors;

import io.github.clnorm.tools.terminal.TextTable;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** How many sets of each kind were compared, and their largest errors. */
final class ErrorTable {

    private static final double GOAL = 1e-6;

    private static final class Row {
        private long sets;
        private long outside;
        private long above;
        private long missing;
        private double promised;
        private double plain;
    }

    private final String title;
    private final Map<String, Row> rows = new TreeMap<>();

    ErrorTable(String title) {
        this.title = title;
    }

    void add(String kind, SetError error) {
        Row row = rows.computeIfAbsent(kind, key -> new Row());
        if (!error.inDomain()) {
            row.outside++;
            return;
        }
        row.sets++;
        if (error.isMissing()) {
            row.missing++;
            return;
        }
        row.promised = Math.max(row.promised, error.promised());
        row.plain = Math.max(row.plain, error.plain());
        row.above += error.promised() <= GOAL ? 0 : 1;
    }

    @Override
    public String toString() {
        TextTable table =
                new TextTable(title, "sets", "error", "above 1e-6", "|y - ref| / (1 + |ref|)", "NaN", "not promised");
        rows.forEach((kind, row) -> table.row(
                kind,
                Long.toString(row.sets),
                String.format(Locale.ROOT, "%.2e", row.promised),
                Long.toString(row.above),
                String.format(Locale.ROOT, "%.2e", row.plain),
                Long.toString(row.missing),
                Long.toString(row.outside)));
        return table.toString();
    }
}
