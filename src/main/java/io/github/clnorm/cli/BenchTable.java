package io.github.clnorm.cli;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.measure.Direction;
import io.github.clnorm.measure.Figures;
import io.github.clnorm.measure.Row;
import io.github.clnorm.timing.Spread;
import java.util.List;
import java.util.Locale;

/** What a device was measured at, for people: a line for each pass of a workload, and the means of the shares. */
final class BenchTable {

    private BenchTable() {}

    static String of(DeviceInfo device, Spread emptyLaunch, List<Row> rows) {
        StringBuilder text = new StringBuilder(device.selector() + " " + device.description() + "\n");
        if (emptyLaunch != null) {
            text.append(String.format(Locale.ROOT, "empty launch: %s us%n", microseconds(emptyLaunch.median())));
        }
        TextTable table = new TextTable("workload", "type", "layout", "pass", "us", "p10", "p90", "device us", "GB/s",
                "copy GB/s", "share", "error", "launches", "workspace", "plan, or why there is none");
        for (Row row : rows) {
            table.row(cells(row));
        }
        text.append(table);
        for (Direction direction : Direction.values()) {
            double[] shares = rows.stream()
                    .filter(row -> row.direction() == direction && row.status() == Row.Status.OK)
                    .mapToDouble(row -> row.figures().share())
                    .toArray();
            if (shares.length > 1) {
                text.append(String.format(Locale.ROOT, "%s: %s of the copy in the geometric mean of %d workloads%n",
                        direction, percent(geometricMean(shares)), shares.length));
            }
        }
        for (Row row : rows) {
            if (row.status() == Row.Status.OK && !row.reason().isEmpty()) {
                text.append(row.workload()).append(", ").append(row.direction()).append(": ").append(row.reason())
                        .append('\n');
            }
        }
        return text.append('\n').toString();
    }

    private static String[] cells(Row row) {
        String workload = row.workload().name();
        String type = row.workload().type().toString();
        String layout = row.workload().operation().normalizesLastDimensions() ? "-" : row.workload().layout().toString();
        String pass = row.direction().toString();
        if (row.status() != Row.Status.OK) {
            return new String[] {
                workload, type, layout, pass, "-", "-", "-", "-", "-", "-", "-", "-", "-", "-",
                row.status() + ": " + row.reason()
            };
        }
        Figures figures = row.figures();
        return new String[] {
            workload,
            type,
            layout,
            pass,
            microseconds(figures.time().median()),
            microseconds(figures.time().p10()),
            microseconds(figures.time().p90()),
            Double.isNaN(figures.deviceMicroseconds()) ? "-" : microseconds(figures.deviceMicroseconds()),
            rate(figures.gigabytesPerSecond()),
            rate(figures.copyGigabytesPerSecond()),
            percent(figures.share()),
            Double.isNaN(figures.error()) ? "-" : String.format(Locale.ROOT, "%.1e", figures.error()),
            Integer.toString(figures.launches()),
            bytes(figures.workspaceBytes()),
            figures.plan().toString()
        };
    }

    private static String microseconds(double value) {
        return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value);
    }

    private static String rate(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.0f%%", 100 * share);
    }

    private static String bytes(long count) {
        return count < 10_240 ? count + " B" : count < 10_485_760 ? (count >> 10) + " KiB" : (count >> 20) + " MiB";
    }

    private static double geometricMean(double... values) {
        double logs = 0;
        for (double value : values) {
            logs += Math.log(value);
        }
        return Math.exp(logs / values.length);
    }
}
