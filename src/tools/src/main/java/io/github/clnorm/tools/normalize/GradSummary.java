package io.github.clnorm.tools.normalize;

import io.github.clnorm.device.DeviceInfo;
import java.io.PrintWriter;

/** The summary of {@code grad}: device, plan, speed and error. */
final class GradSummary {

    /**
     * The largest number of elements compared with float64. Less than for {@code run}: the reference needs more memory
     * for each.
     */
    static final long MOST_CHECKED = 1L << 23;

    /**
     * The number of elements that a heap of this size can compare: three tensors, the reference's results, and moments.
     */
    static long mostChecked(Request request, long heap) {
        return HeapLimit.elements(MOST_CHECKED, heap, 64, 120, request.setSize());
    }

    private final SummaryLines lines;
    private final Request request;
    private final DeviceInfo device;

    GradSummary(PrintWriter out, Request request, DeviceInfo device) {
        this.lines = new SummaryLines(out, request);
        this.request = request;
        this.device = device;
    }

    /**
     * Prints the lines.
     *
     * @param whyOneDevice why all devices were asked for and one was used; empty if one was asked for
     */
    void print(Grad.Result result, String whyOneDevice, long wallNanoseconds) {
        lines.begin(device, whyOneDevice);
        if (result.plan() == null) {
            lines.line("result", "empty, as the input; gradients of parameters are 0");
        } else {
            boolean readsInput = result.problem().readsInput();
            boolean writes = result.problem().input();
            lines.speed(
                    result.plan(),
                    result.timing(),
                    wallNanoseconds,
                    Traffic.backward(request, readsInput, writes),
                    "backward pass alone: ");
            error(result);
        }
        lines.end();
    }

    private void notCompared() {
        long most = mostChecked(request, Runtime.getRuntime().maxMemory());
        lines.notCompared(most, most < MOST_CHECKED);
    }

    private void error(Grad.Result result) {
        if (result.check() != null) {
            lines.error(
                    result.check().error(), GradCheck.FORMULA, result.check().samples());
        } else if (result.problem().input()) {
            notCompared();
        }
    }
}
