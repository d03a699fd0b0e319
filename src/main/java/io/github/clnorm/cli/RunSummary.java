package io.github.clnorm.cli;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.geometry.Shapes;
import io.github.clnorm.reference.Reference;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.DoubleConsumer;

/** What {@code run} tells a person when it is done: where, how, how fast, how exact, and what became of the sets. */
final class RunSummary {

    /** Elements that are compared with float64; a person does not want to wait for more. */
    static final long MOST_CHECKED = 1L << 25;

    private static final int SETS_SHOWN = 8;
    private static final int TRANSITS = 2;
    // Several times the memory of the fastest device there is.
    private static final double FASTEST_BYTES_PER_NANOSECOND = 50_000;

    private final PrintWriter out;
    private final Request request;
    private final DeviceInfo device;

    RunSummary(PrintWriter out, Request request, DeviceInfo device) {
        this.out = out;
        this.request = request;
        this.device = device;
    }

    void print(Run.Result result, long wallNanoseconds) {
        line("device", device.description());
        line("input", request.input + ", " + request.type + " " + Shapes.text(request.shape) + ": " + request.sets());
        long elements = Shapes.elements(request.shape);
        if (elements == 0) {
            line("result", "empty, as the input");
            out.flush();
            return;
        }
        line("plan", result.plan() + (result.parts() > 1 ? "; " + result.parts() + " parts of the batch" : ""));
        double bytes = (double) TRANSITS * request.type.bytes() * elements;
        // Some drivers' clocks do not run (Mesa's llvmpipe): then from enqueue to finished, as the host sees it.
        boolean believable = bytes / Math.max(1, result.deviceNanoseconds()) < FASTEST_BYTES_PER_NANOSECOND;
        long nanoseconds = believable ? result.deviceNanoseconds() : result.hostNanoseconds();
        String where = believable ? "on the device" : "from enqueue to finished (the driver's own time is not plausible)";
        line("time", text("%.3f ms %s in %s, %.0f ms in all", nanoseconds / 1e6, where,
                Request.count(result.launches(), "launch"), wallNanoseconds / 1e6));
        line("speed", text("%.2f GB/s, one read and one write of the tensor", bytes / nanoseconds));
        if (result.y() == null) {
            line("error", "not compared with float64: more than " + MOST_CHECKED + " elements belong together");
        } else {
            compare(result);
        }
        out.flush();
    }

    private void compare(Run.Result result) {
        double[] x = result.x();
        double[] y = result.y();
        Reference reference = request.reference(result.parameters(), request.shapeOf(result.checkedSamples()));
        LargestError error = new LargestError(y);
        Reference.Moments before = reference.moments(i -> x[i]);
        reference.normalizeBy(request.isEval() ? running(result.parameters()) : before, i -> x[i], error);
        Reference.Moments after = reference.moments(i -> y[i]);
        String part = result.checkedSamples() < request.samples()
                ? ", in the first " + result.checkedSamples() + " of " + request.samples() + " samples"
                : "";
        line("error", error + " at most against float64, as |y - ref| / (1 + |ref|)" + part);
        out.print(text("%n%14s %13s %13s %13s %13s%n", "set", "mean before", "std before", "mean after", "std after"));
        int sets = before.mean().length;
        for (int set = 0; set < Math.min(sets, SETS_SHOWN); set++) {
            out.print(text("%14s %13.5g %13.5g %13.5g %13.5g%n", name(set), before.mean()[set],
                    Math.sqrt(before.variance()[set]), after.mean()[set], Math.sqrt(after.variance()[set])));
        }
        if (request.geometry(request.shape).sets() > SETS_SHOWN) {
            out.print(text("     ... %d more%n", request.geometry(request.shape).sets() - SETS_SHOWN));
        }
    }

    private static Reference.Moments running(Request.Parameters parameters) {
        double[] mean = parameters.runningMean();
        return new Reference.Moments(mean, new double[mean.length], parameters.runningVar());
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

    /** The largest difference from expected values, given in order; NaN where one side has it and the other has not. */
    private static final class LargestError implements DoubleConsumer {
        private final double[] actual;
        private int next;
        private double largest;

        LargestError(double[] actual) {
            this.actual = actual;
        }

        @Override
        public void accept(double expected) {
            double value = actual[next++];
            // Also equal infinities, whose difference would be NaN.
            if (Double.isNaN(expected) && Double.isNaN(value) || value == expected) {
                return;
            }
            double error = Math.abs(value - expected) / (1 + Math.abs(expected));
            if (!(error <= largest)) {
                largest = error;
            }
        }

        @Override
        public String toString() {
            return text("%.2e", largest);
        }
    }

    private void line(String name, String value) {
        out.print(text("%-8s%s%n", name, value));
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
