package io.github.clnorm.tools.normalize;

import io.github.clnorm.FleetReport;
import io.github.clnorm.internal.geometry.Shapes;
import java.io.PrintWriter;
import java.util.Locale;

/** The summaries of {@code run} and {@code grad} on several devices: what each did, or why it was left out, speed and error. */
final class FleetSummary {

    private final SummaryLines lines;
    private final PrintWriter out;
    private final Request request;

    FleetSummary(PrintWriter out, Request request) {
        this.lines = new SummaryLines(out, request);
        this.out = out;
        this.request = request;
    }

    void print(FleetRun.Result result, Traffic traffic, long wallNanoseconds) {
        devices(result.report(), wallNanoseconds, traffic);
        if (result.check() == null) {
            notCompared(RunSummary.mostChecked(request, Runtime.getRuntime().maxMemory()));
        } else {
            new RunSummary(out, request, null).compare(result.check());
        }
        lines.end();
    }

    void print(FleetGrad.Result result, boolean writes, long wallNanoseconds) {
        devices(result.gradients().report(), wallNanoseconds, Traffic.backward(request, true, writes));
        if (result.check() != null) {
            lines.error(
                    result.check().error(), GradCheck.FORMULA, result.check().samples());
        } else if (writes) {
            notCompared(GradSummary.mostChecked(request, Runtime.getRuntime().maxMemory()));
        }
        lines.end();
    }

    private void notCompared(long mostInMemory) {
        lines.notCompared(Math.min(mostInMemory, FleetChoice.MOST_COMPARED), mostInMemory < FleetChoice.MOST_COMPARED);
    }

    private void devices(FleetReport report, long wallNanoseconds, Traffic traffic) {
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
        lines.line(
                "speed",
                String.format(Locale.ROOT, "%.2f GB/s, %s", traffic.bytes(request) / report.nanoseconds(), traffic));
    }
}
