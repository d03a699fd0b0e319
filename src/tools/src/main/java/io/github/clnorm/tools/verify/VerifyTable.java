package io.github.clnorm.tools.verify;

import io.github.clnorm.tools.conformance.ConformanceReport;
import io.github.clnorm.tools.conformance.ConformanceRow;
import io.github.clnorm.tools.conformance.Failure;
import io.github.clnorm.tools.terminal.TextTable;
import java.util.Locale;

/** A conformance report as text: the device, the table, and a line for each failed case. */
final class VerifyTable {

    private VerifyTable() {}

    static String of(ConformanceReport report) {
        TextTable table = new TextTable("operation", "type", "cases", "passed", "largest error", "bound", "");
        for (ConformanceRow row : report.rows()) {
            table.row(
                    row.operation(),
                    row.type() == null ? "" : row.type().toString(),
                    Integer.toString(row.cases()),
                    Integer.toString(row.passed()),
                    number(row.largestError()),
                    number(row.bound()),
                    switch (row.status()) {
                        case PASSED -> "";
                        case FAILED -> "FAILED";
                        case UNSUPPORTED -> "unsupported: " + row.reason();
                    });
        }
        StringBuilder text = new StringBuilder(
                report.device().selector() + " " + report.device().description() + "\n");
        text.append(table);
        for (Failure failure : report.failures()) {
            text.append("FAILED ").append(failure).append('\n');
        }
        return text.append('\n').toString();
    }

    private static String number(double value) {
        if (Double.isNaN(value)) {
            return "-";
        }
        return value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
    }
}
