package io.github.clnorm.tools.bench;

import io.github.clnorm.FleetWeights;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.tools.comparison.FigureText;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.terminal.TextTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What a fleet makes, as a table: the time of each device alone and of all together, and the weights. */
final class FleetTable {

    private FleetTable() {}

    static String of(List<DeviceInfo> devices, List<FleetRow> rows) {
        List<String> header = new ArrayList<>(List.of("workload", "type", "layout", "pass"));
        devices.forEach(device -> header.add(device.selector() + " alone us"));
        header.addAll(List.of("fleet us", "of the fastest", "weights"));
        TextTable table = new TextTable(header.toArray(String[]::new));
        rows.forEach(row -> table.row(cells(devices.size(), row)));
        StringBuilder text = new StringBuilder("fleet of " + devices.size() + ", from host memory to host memory\n");
        devices.forEach(device -> text.append(device.selector())
                .append(": ")
                .append(device.description())
                .append('\n'));
        text.append(table);
        for (FleetRow row : rows) {
            for (int i = 0; row.status() == RowStatus.OK && i < devices.size(); i++) {
                String reason = row.weights().leftOut().get(i);
                if (!reason.isEmpty()) {
                    text.append(row.workload())
                            .append(": ")
                            .append(devices.get(i).selector())
                            .append(" is left out: ")
                            .append(reason)
                            .append('\n');
                }
            }
        }
        return text.append('\n').toString();
    }

    private static String[] cells(int devices, FleetRow row) {
        if (row.status() != RowStatus.OK) {
            return PassCells.without(devices + 2, row.workload(), Direction.FORWARD, row.status(), row.reason());
        }
        FleetWeights found = row.weights();
        List<String> cells = new ArrayList<>();
        for (double alone : found.aloneNanoseconds()) {
            cells.add(Double.isInfinite(alone) ? "-" : FigureText.microseconds(alone / 1e3));
        }
        double fastest = Arrays.stream(found.aloneNanoseconds()).min().orElseThrow();
        cells.add(FigureText.microseconds(found.togetherNanoseconds() / 1e3));
        cells.add(FigureText.ratio(fastest / found.togetherNanoseconds()));
        cells.add(String.join(
                " ",
                Arrays.stream(found.weights())
                        .mapToObj(weight -> String.format(Locale.ROOT, "%.2f", weight))
                        .toList()));
        return PassCells.of(row.workload(), Direction.FORWARD, cells.toArray(String[]::new));
    }
}
