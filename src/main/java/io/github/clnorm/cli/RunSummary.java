package io.github.clnorm.cli;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.reference.Reference;
import java.io.PrintWriter;

/** What {@code run} tells a person when it is done: where, how, how fast, how exact, and what became of the sets. */
final class RunSummary {

    /** Elements that are compared with float64; a person does not want to wait for more. */
    static final long MOST_CHECKED = 1L << 25;

    private static final int SETS_SHOWN = 8;
    private static final int TRANSITS = 2;

    private final SummaryLines lines;
    private final Request request;
    private final DeviceInfo device;

    RunSummary(PrintWriter out, Request request, DeviceInfo device) {
        this.lines = new SummaryLines(out, request);
        this.request = request;
        this.device = device;
    }

    void print(Run.Result result, long wallNanoseconds) {
        lines.begin(device);
        if (result.plan() == null) {
            lines.line("result", "empty, as the input");
        } else {
            lines.speed(result.plan(), result.timing(), wallNanoseconds, TRANSITS, "one read and one write of the tensor");
            if (result.y() == null) {
                lines.line("error", "not compared with float64: more than " + MOST_CHECKED + " elements belong together");
            } else {
                compare(result);
            }
        }
        lines.end();
    }

    private void compare(Run.Result result) {
        double[] x = result.x();
        double[] y = result.y();
        Reference reference = request.reference(result.parameters(), request.shapeOf(result.checkedSamples()));
        LargestError error = new LargestError(y, 1, 1);
        Reference.Moments before = reference.moments(i -> x[i]);
        reference.normalizeBy(request.isEval() ? result.parameters().running() : before, i -> x[i], error);
        Reference.Moments after = reference.moments(i -> y[i]);
        lines.error(error, "|y - ref| / (1 + |ref|)", result.checkedSamples());
        lines.print("%n%14s %13s %13s %13s %13s%n", "set", "mean before", "std before", "mean after", "std after");
        int sets = before.mean().length;
        for (int set = 0; set < Math.min(sets, SETS_SHOWN); set++) {
            lines.print("%14s %13.5g %13.5g %13.5g %13.5g%n", name(set), before.mean()[set],
                    Math.sqrt(before.variance()[set]), after.mean()[set], Math.sqrt(after.variance()[set]));
        }
        if (request.geometry(request.shape).sets() > SETS_SHOWN) {
            lines.print("     ... %d more%n", request.geometry(request.shape).sets() - SETS_SHOWN);
        }
    }

    /** Which set it is: its index in the statistics. */
    private String name(int set) {
        long[] shape = request.isEval() ? new long[] {request.channels()} : request.statisticsShape();
        StringBuilder index = new StringBuilder();
        long rest = set;
        for (int i = shape.length - 1; i >= 0; i--) {
            index.insert(0, (i == 0 ? "" : ", ") + (i == 0 ? rest : rest % shape[i]));
            rest /= shape[i];
        }
        return "(" + index + ")";
    }
}
