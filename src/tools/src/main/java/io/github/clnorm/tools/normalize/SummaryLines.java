package io.github.clnorm.tools.normalize;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.plan.Plan;
import java.io.PrintWriter;
import java.util.Locale;

/** The lines that the summaries of both passes share: device, input, plan and speed. */
final class SummaryLines {

    // Several times the memory bandwidth of the fastest device.
    private static final double FASTEST_BYTES_PER_NANOSECOND = 50_000;

    // No launch is shorter.
    private static final long SHORTEST_NANOSECONDS = 500;

    private final PrintWriter out;
    private final Request request;

    SummaryLines(PrintWriter out, Request request) {
        this.out = out;
        this.request = request;
    }

    /** The device and the input, and why all devices were asked for and one was used, unless that is empty. */
    void begin(DeviceInfo device, String whyOneDevice) {
        line("device", device.description());
        input();
        if (!whyOneDevice.isEmpty()) {
            line("fleet", "one device: " + whyOneDevice);
        }
    }

    /** The input. */
    void input() {
        line("input", request.input + ", " + request.type + " " + Shapes.text(request.shape) + ": " + request.sets());
    }

    /** The plan, the time of all parts, and the bandwidth for this traffic, after what it is the traffic of. */
    void speed(Plan plan, Timing timing, long wallNanoseconds, Traffic traffic, String what) {
        String parts = timing.inPieces()
                ? "; in pieces"
                : timing.parts() > 1 ? "; " + timing.parts() + " parts of the batch" : "";
        line("plan", plan + parts);
        double bytes = traffic.bytes(request);
        // The profiling clock of some drivers does not run, such as Mesa's llvmpipe: the host's time is used instead.
        boolean believable = timing.deviceNanoseconds() >= SHORTEST_NANOSECONDS
                && bytes / timing.deviceNanoseconds() < FASTEST_BYTES_PER_NANOSECOND;
        long nanoseconds = believable ? timing.deviceNanoseconds() : timing.hostNanoseconds();
        String where =
                believable ? "on the device" : "from enqueue to finished (the driver's own time is not plausible)";
        line(
                "time",
                text(
                        "%.3f ms %s in %s, %.0f ms in all",
                        nanoseconds / 1e6, where, Shapes.count(timing.launches(), "launch"), wallNanoseconds / 1e6));
        line("speed", text("%.2f GB/s, %s", bytes / nanoseconds, what + traffic));
    }

    /** The largest error in the first samples. */
    void error(LargestError error, String formula, long checkedSamples) {
        String part = checkedSamples < request.samples()
                ? ", in the first " + checkedSamples + " of " + request.samples() + " samples"
                : "";
        line(
                "error",
                error.isOfNaNs()
                        ? "none to measure: all values are NaN, in float64 too" + part
                        : error + " at most against float64, as " + formula + part + error.ofNaNs());
    }

    /** Says that no error is shown, because the first sample is too large to compare. */
    void notCompared(long most, boolean ofMemory) {
        line(
                "error",
                "not compared with float64: more than " + most + " elements belong together"
                        + (ofMemory
                                ? ", too many for Java's memory of "
                                        + (Runtime.getRuntime().maxMemory() >> 20) + " MiB"
                                : ""));
    }

    void line(String name, String value) {
        print("%-8s%s%n", name, value);
    }

    void print(String format, Object... values) {
        out.print(text(format, values));
    }

    void end() {
        out.flush();
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
