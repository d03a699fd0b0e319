package io.github.clnorm.cli;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.geometry.Geometry;
import io.github.clnorm.geometry.GroupNormGeometry;
import io.github.clnorm.geometry.Shapes;
import io.github.clnorm.plan.Plan;
import io.github.clnorm.reference.ReferenceGroupNorm;
import io.github.clnorm.reference.ReferenceGroupNorm.Moments;
import io.github.clnorm.runtime.LaunchTimes;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.DoubleConsumer;

/** What {@code run} tells a person when it is done: where, how, how fast, how exact, and what became of the groups. */
final class RunSummary {

    private static final int GROUPS_SHOWN = 8;
    private static final int TRANSITS = 2;
    // Several times the memory of the fastest device there is.
    private static final double FASTEST_BYTES_PER_NANOSECOND = 50_000;

    private final DeviceInfo device;
    private final long[] shape;
    private final long numGroups;
    private final float[] weight;
    private final float[] bias;
    private final double eps;
    private final Geometry geometry;

    RunSummary(DeviceInfo device, long[] shape, long numGroups, float[] weight, float[] bias, double eps) {
        this.device = device;
        this.shape = shape;
        this.numGroups = numGroups;
        this.weight = weight;
        this.bias = bias;
        this.eps = eps;
        this.geometry = GroupNormGeometry.of(shape, numGroups);
    }

    void print(
            PrintWriter out, Path input, float[] x, float[] y, Plan plan, LaunchTimes times, long wallNanoseconds) {
        line(out, "device", device.description());
        line(
                out,
                "input",
                input + ", float32 " + Shapes.text(shape) + ": " + shape[0] + " x " + count(numGroups, "group") + " of "
                        + count(shape[1] / numGroups, "channel") + ", " + count(geometry.setSize(), "element") + " each");
        if (geometry.elements() == 0) {
            line(out, "result", "empty, as the input");
            out.flush();
            return;
        }
        line(out, "plan", plan.toString());
        double bytes = (double) TRANSITS * Float.BYTES * geometry.elements();
        // Some drivers' clocks do not run (Mesa's llvmpipe): then from enqueue to finished, as the host sees it.
        boolean believable = bytes / Math.max(1, times.nanoseconds()) < FASTEST_BYTES_PER_NANOSECOND;
        long nanoseconds = believable ? times.nanoseconds() : times.hostNanoseconds();
        String where = believable ? "on the device" : "from enqueue to finished (the driver's own time is not plausible)";
        line(out, "time", text("%.3f ms %s in %s, %.0f ms in all", nanoseconds / 1e6, where,
                count(times.launches(), "launch"), wallNanoseconds / 1e6));
        line(out, "speed", text("%.2f GB/s, one read and one write of the tensor", bytes / nanoseconds));
        groups(out, x, y);
        out.flush();
    }

    private void groups(PrintWriter out, float[] x, float[] y) {
        ReferenceGroupNorm reference = new ReferenceGroupNorm(x, shape, numGroups, weight, bias, eps);
        int size = reference.groupSize();
        StringBuilder rows = new StringBuilder();
        LargestError error = new LargestError(y);
        for (int set = 0; set < geometry.sets(); set++) {
            int sample = (int) (set / numGroups);
            int group = (int) (set % numGroups);
            Moments before = reference.normalize(sample, group, error);
            if (set < GROUPS_SHOWN) {
                Moments after = ReferenceGroupNorm.moments(y, set * size, size);
                rows.append(text("%8d %6d %13.5g %13.5g %13.5g %13.5g%n", sample, group, before.mean(),
                        Math.sqrt(before.variance()), after.mean(), Math.sqrt(after.variance())));
            }
        }
        line(out, "error", error + " at most against float64, as |y - ref| / (1 + |ref|)");
        out.print(text("%n%8s %6s %13s %13s %13s %13s%n", "sample", "group", "mean before", "std before", "mean after",
                "std after"));
        out.print(rows);
        if (geometry.sets() > GROUPS_SHOWN) {
            out.print(text("     ... %d more%n", geometry.sets() - GROUPS_SHOWN));
        }
    }

    /** The largest difference from expected values, given in order; NaN where one side has it and the other has not. */
    private static final class LargestError implements DoubleConsumer {
        private final float[] actual;
        private int next;
        private double largest;

        LargestError(float[] actual) {
            this.actual = actual;
        }

        @Override
        public void accept(double expected) {
            float value = actual[next++];
            // Also equal infinities, whose difference would be NaN.
            if (Double.isNaN(expected) && Float.isNaN(value) || value == expected) {
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

    private static void line(PrintWriter out, String name, String value) {
        out.print(text("%-8s%s%n", name, value));
    }

    private static String count(long number, String thing) {
        String plural = thing.endsWith("ch") ? thing + "es" : thing + "s";
        return number + " " + (number == 1 ? thing : plural);
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
