package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.DevicePort;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Tuning;
import java.nio.FloatBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whatever call of a device fails in a training step of batch_norm: the layers are as they were, and the step can be repeated. */
@Tag("device")
@SuppressWarnings("try")
class FleetLayerFailureTest {

    private static final long[] SHAPE = {9, 4, 10};
    private static final int COUNT = 9 * 4 * 10;

    private final DeviceInfo device = TestDevices.first().device();
    private final float[] values = Values.normal(1, COUNT, 1, 2);
    private final float[] gradient = Values.normal(2, COUNT, 0, 1);
    private Backend good;

    @BeforeEach
    void open() {
        good = Backend.open(device, Tuning.OFF);
    }

    @AfterEach
    void close() {
        good.close();
    }

    /** What a training step gives, and the state after it. */
    private record Step(float[] y, float[] dx, double[] dWeight, List<double[]> state, List<Long> batches) {}

    /** A layer on two devices, of which the second may fail, and its tensors. */
    private final class Training implements AutoCloseable {
        private final FaultyOpenCl faulty = new FaultyOpenCl(DevicePort.open(device, false));
        private final Backend second = new Backend(new Session(faulty.port(), device));
        private final Fleet fleet =
                Fleet.of(List.of(good, second), Fleet.SameDevice.ALLOWED).weights(0.4, 0.6);
        private final FleetLayer layer = fleet.layer(NormSpec.batchNorm(4));
        private final ShardedTensor x = fleet.scatter(ElementType.FLOAT32, FloatBuffer.wrap(values), SHAPE);
        private final ShardedTensor dy = fleet.scatter(ElementType.FLOAT32, FloatBuffer.wrap(gradient), SHAPE);

        Step step() {
            try (ShardedTensor y = layer.forward(x);
                    ShardedGradients gradients = layer.backward(dy)) {
                return step(y, gradients);
            }
        }

        Step step(ShardedTensor y, ShardedGradients gradients) {
            return new Step(gathered(y), gathered(gradients.input()), gradients.weight(), state(), batches());
        }

        List<double[]> state() {
            return layer.layers().stream()
                    .flatMap(each -> each.state().values().stream())
                    .map(Tensor::toDoubles)
                    .toList();
        }

        List<Long> batches() {
            return layer.layers().stream()
                    .map(each -> ((ChannelStatisticsNorm) each).numBatchesTracked())
                    .toList();
        }

        @Override
        public void close() {
            faulty.heal();
            x.close();
            dy.close();
            layer.close();
            fleet.close();
            second.trim();
            assertEquals(0, second.session().openBuffers(), "leaked");
            second.close();
        }
    }

    private static float[] gathered(ShardedTensor tensor) {
        float[] gathered = new float[COUNT];
        tensor.gather(FloatBuffer.wrap(gathered));
        return gathered;
    }

    private static void assertSame(Step expected, Step actual, String what) {
        Errors.assertSameBits(expected.y, actual.y, what + ", y");
        Errors.assertSameBits(expected.dx, actual.dx, what + ", dx");
        assertArrayEquals(expected.dWeight, actual.dWeight, what + ", dweight");
        assertSame(expected.state, actual.state, what);
        assertEquals(expected.batches, actual.batches, what);
    }

    private static void assertSame(List<double[]> expected, List<double[]> actual, String what) {
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i), what + ", tensor " + i);
        }
    }

    @Test
    void aStepThatFailedCanBeRepeated() {
        try (Training healthy = new Training();
                Training training = new Training()) {
            assertSame(healthy.step(), training.step(), "the first step");
            training.second.trim();
            int buffers = training.second.session().openBuffers();
            for (String call : calls(healthy, training)) {
                int n = 1;
                while (failing(healthy, training, call, n)) {
                    training.second.trim();
                    assertEquals(buffers, training.second.session().openBuffers(), call + " " + n + " leaked");
                    n++;
                    assertTrue(n < 100, call);
                }
            }
        }
    }

    /** The calls that a step makes. */
    private static List<String> calls(Training healthy, Training training) {
        training.faulty.fail("none", 1);
        assertSame(healthy.step(), training.step(), "counted");
        List<String> calls = training.faulty.made();
        assertTrue(calls.contains("enqueue") && calls.contains("read"), calls.toString());
        return calls;
    }

    /** Makes the n-th call of a step fail; false if there were fewer. */
    private static boolean failing(Training healthy, Training training, String call, int n) {
        String what = call + " " + n;
        List<double[]> state = training.state();
        List<Long> batches = training.batches();
        training.faulty.fail(call, n);
        ShardedTensor output;
        try {
            output = training.layer.forward(training.x);
        } catch (ClException e) {
            assertTrue(e.getMessage().contains("CL_OUT_OF_RESOURCES"), e.getMessage());
            training.faulty.heal();
            assertSame(state, training.state(), what);
            assertEquals(batches, training.batches(), what);
            assertSame(healthy.step(), training.step(), what + ", repeated");
            return true;
        }
        try (ShardedTensor y = output;
                ShardedGradients gradients = backward(training)) {
            boolean failed = training.faulty.count(call) >= n;
            training.faulty.heal();
            assertSame(healthy.step(), training.step(y, gradients), what);
            return failed;
        }
    }

    /** Repeats the backward pass if it fails. */
    private static ShardedGradients backward(Training training) {
        try {
            return training.layer.backward(training.dy);
        } catch (ClException e) {
            training.faulty.heal();
            return training.layer.backward(training.dy);
        }
    }

    @Test
    void aDeviceThatStaysBrokenRestoresTheStateWhenItWorksAgain() {
        try (Training training = new Training()) {
            Step first = training.step();
            training.faulty.failFrom("enqueue", 1);
            assertThrows(ClException.class, training::step);
            training.faulty.failFrom("copy", 1);
            assertThrows(ClException.class, training::step);
            training.faulty.heal();
            Step second = training.step();
            assertEquals(List.of(2L, 2L), second.batches);
            assertSame(first.state.subList(0, 2), second.state.subList(0, 2), "weight and bias");
        }
    }
}
