package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.DevicePort;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Tuning;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whatever call of a device fails in a pass in sections: the result has the bits of one device, and nothing leaks. */
@Tag("device")
@Tag("slow")
@SuppressWarnings("try")
class FleetSectionsFailureTest {

    private static final NormSpec SPEC = NormSpec.batchNorm(4).weight(new float[] {1, 2, -1, 0.5f});
    private static final long[] SHAPE = {12, 4, 50};
    private static final int COUNT = 12 * 4 * 50;

    private final DeviceInfo device = TestDevices.first().device();
    private final ByteBuffer x = memory();
    private final ByteBuffer dy = memory();
    private final ByteBuffer y = memory();
    private final ByteBuffer dx = memory();
    private double[] runningMean;
    private double[] dWeight;
    private double[] dBias;
    private Backend good;

    private static ByteBuffer memory() {
        return ByteBuffer.allocateDirect(COUNT * Float.BYTES).order(ByteOrder.nativeOrder());
    }

    @BeforeEach
    void compute() {
        x.asFloatBuffer().put(Values.normal(7, COUNT, 1, 2));
        dy.asFloatBuffer().put(Values.normal(8, COUNT, 0, 1));
        good = Backend.open(device, Tuning.OFF);
        try (Layer layer = SPEC.on(good);
                Tensor input = good.tensor(ElementType.FLOAT32, x, SHAPE);
                Tensor gradient = good.tensor(ElementType.FLOAT32, dy, SHAPE);
                Recorded pass = layer.record(input);
                Gradients gradients = pass.backward(gradient)) {
            pass.output().get(y);
            gradients.input().get(dx);
            dWeight = gradients.weight().toDoubles();
            dBias = gradients.bias().toDoubles();
            runningMean = ((ChannelStatisticsNorm) layer).runningMean().toDoubles();
        }
        good.trim();
    }

    @AfterEach
    void close() {
        good.close();
    }

    /** Runs a pass, and compares its results. */
    private interface Pass {
        void run(Fleet fleet, String what);
    }

    private void forward(Fleet fleet, String what) {
        ByteBuffer result = memory();
        FleetReport report = fleet.normalize(SPEC, ElementType.FLOAT32, x, result, SHAPE);
        assertEquals(y, result, what);
        assertArrayEquals(runningMean, report.runningStatistics().runningMean(), what);
        assertEquals(
                COUNT,
                report.devices().stream()
                        .mapToLong(FleetReport.Device::elements)
                        .sum(),
                what);
    }

    private void backward(Fleet fleet, String what) {
        ByteBuffer result = memory();
        FleetGradients gradients = fleet.gradients(SPEC, ElementType.FLOAT32, x, dy, result, SHAPE);
        assertEquals(dx, result, what);
        assertArrayEquals(dWeight, gradients.weight(), what);
        assertArrayEquals(dBias, gradients.bias(), what);
    }

    private Fleet fleet(Backend second) {
        return Fleet.of(List.of(good, second), Fleet.SameDevice.ALLOWED).weights(0.5, 0.5);
    }

    private void assertEveryCallMayFail(Pass pass) {
        for (String call : calls(pass)) {
            int n = 1;
            while (failing(pass, call, n)) {
                n++;
                assertTrue(n < 200, call);
            }
        }
    }

    private List<String> calls(Pass pass) {
        FaultyOpenCl counted = new FaultyOpenCl(DevicePort.open(device, false));
        try (Backend second = new Backend(new Session(counted.port(), device));
                Fleet fleet = fleet(second)) {
            counted.fail("none", 1);
            pass.run(fleet, "counted");
            assertTrue(
                    counted.made().containsAll(List.of("build", "createBuffer", "enqueue", "read", "write")),
                    counted.made().toString());
            return counted.made();
        }
    }

    /** Makes the n-th call fail; false if there were fewer. */
    private boolean failing(Pass pass, String call, int n) {
        String what = call + " " + n;
        FaultyOpenCl faulty = new FaultyOpenCl(DevicePort.open(device, false));
        try (Backend second = new Backend(new Session(faulty.port(), device));
                Fleet fleet = fleet(second)) {
            faulty.fail(call, n);
            pass.run(fleet, what);
            boolean failed = faulty.count(call) >= n;
            faulty.heal();
            String explained = fleet.explain(NormSpec.rmsNorm(50), ElementType.FLOAT32, SHAPE);
            // The library frees its memory and tries again when an allocation fails.
            assertTrue(
                    !failed
                            || explained.contains("it failed before: ")
                            || call.startsWith("create")
                            || call.startsWith("release"),
                    what + ": " + explained);
            if (n == 1) {
                pass.run(fleet, what + ", again");
            }
            fleet.close();
            for (Backend each : List.of(good, second)) {
                each.trim();
                assertEquals(0, each.session().openBuffers(), what + " leaked");
            }
            return failed;
        }
    }

    @Test
    void everyCallOfAForwardPassMayFail() {
        assertEveryCallMayFail(this::forward);
    }

    @Test
    void everyCallOfABackwardPassMayFail() {
        assertEveryCallMayFail(this::backward);
    }
}
