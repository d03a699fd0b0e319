package io.github.clnorm.tools.tune;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.tune.Tuned;
import io.github.clnorm.tools.bench.PassCells;
import io.github.clnorm.tools.comparison.FigureText;
import io.github.clnorm.tools.comparison.Means;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.terminal.TextTable;
import java.util.List;
import java.util.Locale;

/** The results of tuning as a table. */
final class TuneTable {

    private TuneTable() {}

    static String of(DeviceInfo device, List<TuneRow> rows) {
        StringBuilder text = new StringBuilder(device.selector() + " " + device.description() + "\n");
        TextTable table = new TextTable(
                "workload",
                "type",
                "layout",
                "pass",
                "heuristic us",
                "tuned us",
                "gain",
                "tried",
                "plan, or why there is none");
        rows.forEach(row -> table.row(cells(row)));
        text.append(table);
        double[] gains = rows.stream()
                .filter(row -> row.status() == RowStatus.OK)
                .mapToDouble(row -> row.tuned().gain())
                .toArray();
        if (gains.length > 1) {
            text.append(String.format(
                    Locale.ROOT,
                    "%.2f times the heuristics' speed in the geometric mean of %d passes%n",
                    Means.geometric(gains),
                    gains.length));
        }
        return text.append('\n').toString();
    }

    private static String[] cells(TuneRow row) {
        if (row.status() != RowStatus.OK) {
            return PassCells.without(4, row.workload(), row.direction(), row.status(), row.reason());
        }
        Tuned tuned = row.tuned();
        return PassCells.of(
                row.workload(),
                row.direction(),
                FigureText.microseconds(tuned.heuristicMicroseconds()),
                FigureText.microseconds(tuned.microseconds()),
                String.format(Locale.ROOT, "%.2f", tuned.gain()),
                Integer.toString(tuned.tried()),
                tuned.ending() == Tuned.Ending.HEURISTIC
                        ? "the heuristic's: " + tuned.plan()
                        : tuned.plan().toString());
    }
}
