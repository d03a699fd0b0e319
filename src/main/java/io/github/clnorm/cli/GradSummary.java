package io.github.clnorm.cli;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.reference.Reference;
import java.io.PrintWriter;
import java.util.Arrays;

/** What {@code grad} tells a person when it is done: where, how, how fast and how exact. */
final class GradSummary {

    /** Elements that are compared with float64. Fewer than for {@code run}: the reference keeps more of each. */
    static final long MOST_CHECKED = 1L << 23;

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

    private void error(Grad.Result result) {
        Grad.Checked checked = result.checked();
        if (checked == null) {
            return;
        }
        if (checked.dx() == null) {
            lines.line("error", "not compared with float64: more than " + MOST_CHECKED + " elements belong together");
            return;
        }
        Reference reference = request.reference(result.parameters(), request.shapeOf(checked.samples()));
        Reference.Values x = i -> checked.x()[i];
        Reference.Values dy = i -> checked.dy()[i];
        Reference.Moments moments =
                request.isEval() ? result.parameters().running() : reference.moments(x);
        double[] terms = reference.gradientsBy(moments, x, dy).input();
        double[] expected = request.isEval() ? terms : reference.gradients(x, dy).input();
        // What dx is left over from when the statistics' own gradients are taken off: it may cancel down to nothing, and
        // losses have gradients of any magnitude, so that neither dx nor 1 could be the measure.
        double largest = Arrays.stream(terms).filter(Double::isFinite).map(Math::abs).max().orElse(0);
        LargestError error = new LargestError(checked.dx(), largest, 0);
        Arrays.stream(expected).forEach(error);
        lines.error(error, "|dx - ref| / max |dy * weight * rstd|", checked.samples());
    }
}
