package io.github.clnorm.tools.normalize;

import io.github.clnorm.device.DeviceInfo;
import java.io.PrintWriter;

/** The summary of {@code run}: device, plan, speed, error, and the moments of the first sets. */
final class RunSummary {

    /** The largest number of elements compared with float64: more would take too long. */
    static final long MOST_CHECKED = 1L << 25;

    /** The number of sets whose moments are shown. */
    static final int SETS_SHOWN = 8;

    private final SummaryLines lines;
    private final Request request;
    private final DeviceInfo device;

    RunSummary(PrintWriter out, Request request, DeviceInfo device) {
        this.lines = new SummaryLines(out, request);
        this.request = request;
        this.device = device;
    }

    /**
     * The number of elements that a heap of this size can compare: x and y, the set of each, and the moments of both.
     */
    static long mostChecked(Request request, long heap) {
        return HeapLimit.elements(MOST_CHECKED, heap, 24, 100, request.setSize());
    }

    /**
     * Prints the lines.
     *
     * @param traffic of the pass
     * @param whyOneDevice why all devices were asked for and one was used; empty if one was asked for
     */
    void print(Run.Result result, Traffic traffic, String whyOneDevice, long wallNanoseconds) {
        lines.begin(device, whyOneDevice);
        if (result.plan() == null) {
            lines.line("result", "empty, as the input");
        } else {
            lines.speed(result.plan(), result.timing(), wallNanoseconds, traffic, "");
            if (result.check() == null) {
                notCompared();
            } else {
                compare(result.check());
            }
        }
        lines.end();
    }

    private void notCompared() {
        long most = mostChecked(request, Runtime.getRuntime().maxMemory());
        lines.notCompared(most, most < MOST_CHECKED);
    }

    void compare(RunCheck check) {
        lines.error(check.error(), RunCheck.FORMULA, check.samples());
        String spread = request.takesMean() ? "std" : "rms";
        lines.print(
                "%n%14s %13s %13s %13s %13s%n",
                "set", "mean before", spread + " before", "mean after", spread + " after");
        for (int set = 0; set < Math.min(check.sets(), SETS_SHOWN); set++) {
            lines.print(
                    "%14s %13.5g %13.5g %13.5g %13.5g%n",
                    name(set),
                    check.meanBefore(set),
                    check.spreadBefore(set),
                    check.meanAfter(set),
                    check.spreadAfter(set));
        }
        if (request.geometry(request.shape).sets() > SETS_SHOWN) {
            lines.print("     ... %d more%n", request.geometry(request.shape).sets() - SETS_SHOWN);
        }
    }

    /** The set's index in the statistics. */
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
