package io.github.clnorm.tools.normalize;

import io.github.clnorm.FleetReport;
import io.github.clnorm.internal.geometry.Shapes;
import java.io.PrintWriter;
import java.util.Locale;

/** The summary of {@code run} on several devices: what each did, or why it was left out, the speed and the error. */
final class FleetSummary {

    private static final int TRANSITS = 2;

    private final SummaryLines lines;
    private final RunSummary first;
    private final Request request;

    FleetSummary(PrintWriter out, Request request) {
        this.lines = new SummaryLines(out, request);
        this.first = new RunSummary(out, request, null);
        this.request = request;
    }

    void print(FleetRun.Result result, long wallNanoseconds) {
        FleetReport report = result.report();
        long used =
                report.devices().stream().filter(device -> device.bytes() > 0).count();
        lines.line("fleet", used + " of " + Shapes.count(report.devices().size(), "device"));
        report.explain().lines().forEach(line -> lines.line("", line));
        lines.input();
        lines.line(
                "time",
                String.format(
                        Locale.ROOT,
                        "%.3f ms from the first read to the last write, %.0f ms in all",
                        report.nanoseconds() / 1e6,
                        wallNanoseconds / 1e6));
        double bytes = (double) TRANSITS * request.type.bytes() * Shapes.elements(request.shape);
        lines.line(
                "speed",
                String.format(
                        Locale.ROOT, "%.2f GB/s, one read and one write of the file", bytes / report.nanoseconds()));
        if (result.check() == null) {
            first.notCompared();
        } else {
            first.compare(result.check());
        }
        lines.end();
    }
}
