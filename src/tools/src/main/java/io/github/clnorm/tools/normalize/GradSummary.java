package io.github.clnorm.tools.normalize;

import io.github.clnorm.device.DeviceInfo;
import java.io.PrintWriter;

/** What {@code grad} tells a person when it is done: where, how, how fast and how exact. */
final class GradSummary {

    /** Elements that are compared with float64. Fewer than for {@code run}: the reference keeps more of each. */
    static final long MOST_CHECKED = 1L << 23;

    /** Elements that are compared in a heap of a size: three tensors, what the reference makes of them, and moments. */
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

    void print(Grad.Result result, long wallNanoseconds) {
        lines.begin(device);
        if (result.plan() == null) {
            lines.line("result", "empty, as the input; gradients of parameters are 0");
        } else {
            boolean readsInput = result.problem().readsInput();
            boolean writes = result.problem().input();
            lines.speed(
                    result.plan(),
                    result.timing(),
                    wallNanoseconds,
                    (readsInput ? 2 : 1) + (writes ? 1 : 0),
                    "backward pass alone: " + (readsInput ? "two reads" : "one read") + (writes ? " and one write" : "")
                            + " of the tensor");
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
