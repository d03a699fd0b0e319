package io.github.clnorm.cli;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.geometry.Geometry;
import io.github.clnorm.geometry.GroupNormGeometry;
import io.github.clnorm.geometry.Shapes;
import io.github.clnorm.plan.Plan;
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
        this.geometry = GroupNormGeometry.of(shape, numGroups, io.github.clnorm.type.Layout.CHANNELS_FIRST);
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

    private void groups(PrintWriter out, float[] x, float[] y) {}

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
