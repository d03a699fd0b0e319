package io.github.clnorm.tools.bench;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.timing.Spread;
import io.github.clnorm.tools.comparison.FigureText;
import io.github.clnorm.tools.comparison.Means;
import io.github.clnorm.tools.measure.BenchRow;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Figures;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.terminal.TextTable;
import java.util.List;
import java.util.Locale;

/** The results of a device as a table, with a line for each pass, and the mean shares. */
final class BenchTable {

    private BenchTable() {}

    static String of(DeviceInfo device, Spread emptyLaunch, List<BenchRow> rows) {
        StringBuilder text = new StringBuilder(device.selector() + " " + device.description() + "\n");
        if (emptyLaunch != null) {
            text.append(
                    String.format(Locale.ROOT, "empty launch: %s us%n", FigureText.microseconds(emptyLaunch.median())));
        }
        TextTable table = new TextTable(
                "workload",
                "type",
                "layout",
                "pass",
                "us",
                "p10",
                "p90",
                "device us",
                "GB/s",
                "copy GB/s",
                "share",
                "error",
                "launches",
                "workspace",
                "plan, or why there is none");
        for (BenchRow row : rows) {
            table.row(cells(row));
        }
        text.append(table);
        for (Direction direction : Direction.values()) {
            double[] shares = rows.stream()
                    .filter(row -> row.direction() == direction && row.status() == RowStatus.OK)
                    .mapToDouble(row -> row.figures().share())
                    .toArray();
            if (shares.length > 1) {
                text.append(String.format(
                        Locale.ROOT,
                        "%s: %s of the copy in the geometric mean of %d workloads%n",
                        direction,
                        FigureText.percent(Means.geometric(shares)),
                        shares.length));
            }
        }
        for (BenchRow row : rows) {
            if (row.status() == RowStatus.OK && !row.reason().isEmpty()) {
                text.append(row.workload())
                        .append(", ")
                        .append(row.direction())
                        .append(": ")
                        .append(row.reason())
                        .append('\n');
            }
        }
        return text.append('\n').toString();
    }

    private static String[] cells(BenchRow row) {
        if (row.status() != RowStatus.OK) {
            return PassCells.without(10, row.workload(), row.direction(), row.status(), row.reason());
        }
        Figures figures = row.figures();
        return PassCells.of(
                row.workload(),
                row.direction(),
                FigureText.microseconds(figures.time().median()),
                FigureText.microseconds(figures.time().p10()),
                FigureText.microseconds(figures.time().p90()),
                Double.isNaN(figures.deviceMicroseconds())
                        ? "-"
                        : FigureText.microseconds(figures.deviceMicroseconds()),
                FigureText.rate(figures.gigabytesPerSecond()),
                FigureText.rate(figures.copyGigabytesPerSecond()),
                FigureText.percent(figures.share()),
                FigureText.error(figures.error()),
                Integer.toString(figures.launches()),
                FigureText.bytes(figures.workspaceBytes()),
                figures.plan().toString());
    }
}
