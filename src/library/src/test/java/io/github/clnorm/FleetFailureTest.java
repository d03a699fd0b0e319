package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.DevicePort;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Tuning;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.Channels;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whatever call of a device fails: the result of the fleet is whole and right, the report names it, and nothing leaks. */
@Tag("device")
@Tag("slow")
@SuppressWarnings("try")
class FleetFailureTest {

    private static final NormSpec SPEC = NormSpec.groupNorm(2, 4);
    private static final long[] SHAPE = {12, 4, 50};
    private static final int COUNT = 12 * 4 * 50;

    private final DeviceInfo device = TestDevices.first().device();
    private final ByteBuffer x = memory();

    FleetFailureTest() {
        x.asFloatBuffer().put(Values.normal(7, COUNT, 1, 2));
    }

    private static ByteBuffer memory() {
        return ByteBuffer.allocateDirect(COUNT * Float.BYTES).order(ByteOrder.nativeOrder());
    }

    private interface Pass {
        FleetReport run(Fleet fleet, ByteBuffer y);
    }

    /** From bytes on which the device works, from an array that is copied, and from and to channels. */
    private final Map<String, Pass> passes = Map.of(
            "direct",
            (fleet, y) -> fleet.normalize(SPEC, ElementType.FLOAT32, x, y, SHAPE),
            "heap",
            (fleet, y) -> {
                float[] source = new float[COUNT];
                float[] target = new float[COUNT];
                x.asFloatBuffer().get(source);
                FleetReport report = fleet.normalize(
                        SPEC, ElementType.FLOAT32, FloatBuffer.wrap(source), FloatBuffer.wrap(target), SHAPE);
                y.asFloatBuffer().put(target);
                return report;
            },
            "channels",
            (fleet, y) -> {
                byte[] source = new byte[COUNT * Float.BYTES];
                x.duplicate().get(source);
                ByteArrayOutputStream target = new ByteArrayOutputStream();
                FleetReport report = fleet.normalize(
                        SPEC,
                        ElementType.FLOAT32,
                        Channels.newChannel(new ByteArrayInputStream(source)),
                        Channels.newChannel(target),
                        SHAPE);
                y.duplicate().put(target.toByteArray());
                return report;
            });

    private ByteBuffer expected(Backend backend) {
        ByteBuffer y = memory();
        try (Layer layer = SPEC.on(backend);
                Tensor input = backend.tensor(ElementType.FLOAT32, x, SHAPE);
                Tensor output = layer.infer(input)) {
            output.get(y);
        }
        return y;
    }

    private Fleet fleet(Backend... backends) {
        double[] weights = new double[backends.length];
        Arrays.fill(weights, 1.0 / backends.length);
        return Fleet.of(Arrays.asList(backends), Fleet.SameDevice.ALLOWED)
                .leastPiece(800)
                .weights(weights);
    }

    @Test
    void everyCallOfTheSecondDeviceMayFail() {
        try (Backend good = Backend.open(device, Tuning.OFF)) {
            ByteBuffer expected = expected(good);
            for (String name : passes.keySet()) {
                for (String call : calls(good, passes.get(name))) {
                    int n = 1;
                    while (failing(good, expected, name, call, n)) {
                        n++;
                    }
                }
            }
        }
    }

    /** The calls that a pass makes. */
    private List<String> calls(Backend good, Pass pass) {
        FaultyOpenCl counted = new FaultyOpenCl(DevicePort.open(device, false));
        List<String> made;
        try (Backend second = new Backend(new Session(counted.port(), device));
                Fleet fleet = fleet(good, second)) {
            counted.fail("none", 1);
            pass.run(fleet, memory());
            made = counted.made();
        }
        assertTrue(made.contains("enqueue"), made.toString());
        return made;
    }

    /** Makes the n-th call fail; false if there were fewer. */
    private boolean failing(Backend good, ByteBuffer expected, String name, String call, int n) {
        String what = name + ", " + call + " " + n;
        FaultyOpenCl faulty = new FaultyOpenCl(DevicePort.open(device, false));
        boolean failed;
        try (Backend second = new Backend(new Session(faulty.port(), device));
                Fleet fleet = fleet(good, second)) {
            int open = good.session().openBuffers();
            faulty.fail(call, n);
            ByteBuffer y = memory();
            FleetReport report = passes.get(name).run(fleet, y);
            failed = faulty.count(call) >= n;
            assertEquals(expected, y, what);
            long computed = report.devices().stream()
                    .mapToLong(FleetReport.Device::samples)
                    .sum();
            assertEquals(12, computed, what);
            String failure = report.devices().get(1).failure();
            if (!failure.isEmpty()) {
                assertTrue(failure.contains("CL_OUT_OF_RESOURCES"), what + ": " + failure);
                faulty.heal();
                ByteBuffer again = memory();
                FleetReport next = passes.get(name).run(fleet, again);
                assertEquals(expected, again, what);
                assertEquals(0, next.devices().get(1).samples(), what);
                assertTrue(next.devices().get(1).leftOut().contains("it failed before"), what);
            } else {
                // The library frees its memory and tries again when an allocation fails.
                assertTrue(!failed || call.startsWith("create") || call.startsWith("release"), what + " is not named");
            }
            assertTrue(good.session().openBuffers() <= open + 2, what + " leaked on the good device");
            faulty.heal();
            fleet.close();
            assertEquals(0, leaked(second), what + " leaked");
        }
        return failed;
    }

    /** Buffers that a backend still has after a pass and its scratch memory. */
    private static int leaked(Backend backend) {
        backend.trim();
        return backend.session().openBuffers();
    }

    @Test
    void samplesOfADeviceThatFailsAreNamed() {
        FaultyOpenCl faulty = new FaultyOpenCl(DevicePort.open(device, false));
        try (Backend good = Backend.open(device, Tuning.OFF);
                Backend second = new Backend(new Session(faulty.port(), device));
                Fleet fleet = fleet(good, second)) {
            faulty.fail("enqueue", 1);
            FleetReport report = passes.get("direct").run(fleet, memory());
            assertFalse(report.recomputed().isEmpty());
            for (FleetReport.Recomputed part : report.recomputed()) {
                assertEquals(1, part.from());
                assertEquals(0, part.by());
                assertEquals(0, report.deviceOf(part.range().from()));
            }
            assertTrue(report.explain().contains("; failed: enqueue answered CL_OUT_OF_RESOURCES"), report.explain());
            assertTrue(report.explain().contains("were computed by"), report.explain());
        }
    }

    @Test
    void ifAllDevicesFailTheExceptionHasAllCauses() {
        FaultyOpenCl one = new FaultyOpenCl(DevicePort.open(device, false));
        FaultyOpenCl two = new FaultyOpenCl(DevicePort.open(device, false));
        try (Backend first = new Backend(new Session(one.port(), device));
                Backend second = new Backend(new Session(two.port(), device));
                Fleet fleet = fleet(first, second)) {
            for (String name : passes.keySet()) {
                one.fail("enqueue", 1);
                two.fail("enqueue", 1);
                ClException e =
                        assertThrows(ClException.class, () -> passes.get(name).run(fleet, memory()));
                assertEquals("CL_OUT_OF_RESOURCES", e.codeName());
                assertEquals(2, e.getSuppressed().length, name);
            }
            one.heal();
            two.heal();
            ByteBuffer y = memory();
            passes.get("direct").run(fleet, y);
            assertEquals(expected(first), y, "the fleet works again");
        }
    }
}
