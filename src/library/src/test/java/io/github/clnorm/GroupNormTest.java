package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.testing.Values;
import java.util.stream.IntStream;
import org.jocl.CL;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The library as its users see it. */
@Tag("device")
class GroupNormTest {

    private static String refusal(Runnable action) {
        return assertThrows(IllegalArgumentException.class, action::run).getMessage();
    }

    @OnEveryDevice
    void theCallSiteOfTheReadme(Backend backend) {
        float[] values = Values.normal(1, 2 * 320 * 64, 3, 2);
        try (GroupNorm norm = GroupNorm.of(backend, 32, 320);
                Tensor x = backend.tensor(values, 2, 320, 8, 8);
                Tensor y = norm.forward(x)) {
            assertArrayEquals(new long[] {2, 320, 8, 8}, y.shape());
            Errors.assertClose(
                    Reference.groupNorm(x.shape(), 1, 32).normalize(i -> values[i]),
                    y.toFloats(),
                    Errors.FORWARD,
                    "GroupNorm(32, 320)");
        }
    }

    @OnEveryDevice
    void weightAndBiasOfEveryRank(Backend backend) {
        for (long[] shape : new long[][] {{4, 6}, {4, 6, 5}, {2, 6, 3, 7}, {2, 6, 3, 2, 4}, {1, 6, 40, 40}}) {
            int count = 1;
            for (long d : shape) {
                count *= (int) d;
            }
            float[] values = Values.normal(count, count, -2, 3);
            float[] weight = Values.normal(2, 6, 0, 2);
            float[] bias = Values.normal(3, 6, 1, 2);
            for (int affine = 0; affine < 4; affine++) {
                float[] w = (affine & 1) == 0 ? null : weight;
                float[] b = (affine & 2) == 0 ? null : bias;
                try (Tensor x = backend.tensor(values, shape);
                        Tensor wt = w == null ? null : backend.tensor(w, 6);
                        Tensor bt = b == null ? null : backend.tensor(b, 6);
                        Normalized result = Functional.groupNorm(x, 3, wt, bt, 1e-3)) {
                    Reference reference = Reference.groupNorm(shape, 1, 3)
                            .affine(doubles(w), doubles(b))
                            .eps(1e-3);
                    double[] expectedOutput = reference.normalize(i -> values[i]);
                    Errors.assertClose(expectedOutput, result.output().toFloats(), Errors.FORWARD, x + " " + affine);
                    assertArrayEquals(new long[] {shape[0], 3}, result.mean().shape());
                    float[] mean = result.mean().toFloats();
                    float[] rstd = result.rstd().toFloats();
                    Reference.Moments moments = reference.moments(i -> values[i]);
                    for (int set = 0; set < mean.length; set++) {
                        assertEquals(moments.mean()[set], mean[set], 4e-6 * (1 + Math.abs(moments.mean()[set])));
                        double expected = 1 / Math.sqrt(moments.variance()[set] + 1e-3);
                        assertEquals(expected, rstd[set], 4e-6 * (1 + expected));
                    }
                }
            }
        }
    }

    private static double[] doubles(float[] values) {
        return values == null
                ? null
                : IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    @Test
    void parametersBeginAsPyTorchsAndCanBeSet() {
        Backend backend = TestDevices.first();
        try (GroupNorm norm = GroupNorm.builder(backend, 2, 4).eps(0.5).build();
                Tensor x = backend.tensor(new float[] {1, 3, 5, 9}, 1, 4)) {
            assertArrayEquals(new float[] {1, 1, 1, 1}, norm.weight().toFloats());
            assertArrayEquals(new float[4], norm.bias().toFloats());
            assertEquals("GroupNorm(2, 4, eps=0.5, affine=True)", norm.toString());
            norm.weight().set(new float[] {0, 0, 0, 0});
            norm.bias().set(new float[] {1, 2, 3, 4});
            try (Tensor y = norm.forward(x)) {
                assertArrayEquals(new float[] {1, 2, 3, 4}, y.toFloats());
            }
        }
        try (GroupNorm bare = GroupNorm.builder(backend, 2, 4).affine(false).build()) {
            assertNull(bare.weight());
            assertNull(bare.bias());
        }
    }

    @Test
    void emptyTensorsGiveEmptyResults() {
        Backend backend = TestDevices.first();
        try (Tensor x = backend.tensor(new float[0], 0, 6, 4);
                Normalized result = Functional.groupNorm(x, 3, null, null, 1e-5)) {
            assertArrayEquals(new long[] {0, 6, 4}, result.output().shape());
            assertEquals(0, result.output().toFloats().length);
            assertArrayEquals(new long[] {0, 3}, result.mean().shape());
        }
        try (Tensor x = backend.tensor(new float[0], 2, 6, 0);
                Normalized result = Functional.groupNorm(x, 3, null, null, 1e-5)) {
            assertArrayEquals(new float[6], result.mean().toFloats());
            for (float rstd : result.rstd().toFloats()) {
                assertTrue(Float.isNaN(rstd));
            }
        }
    }

    @Test
    void refusalsSayWhatWasGivenAndWhatWasExpected() {
        Backend backend = TestDevices.first();
        assertEquals(
                "num_channels (10) must be divisible by num_groups (3)", refusal(() -> GroupNorm.of(backend, 3, 10)));
        assertEquals("Expected num groups to be greater than 0, got 0", refusal(() -> GroupNorm.of(backend, 0, 10)));
        assertTrue(refusal(() -> GroupNorm.of(backend, 4, -32)).contains("got -32"));
        assertTrue(refusal(() -> GroupNorm.of(backend, 4, 1L << 33)).contains("got 8589934592"));
        assertEquals("shape [2, 3] has 6 elements, got 5 values", refusal(() -> backend.tensor(new float[5], 2, 3)));
        try (Tensor x = backend.tensor(new float[56], 2, 7, 4);
                Tensor wrong = backend.tensor(new float[6], 6);
                Tensor flat = backend.tensor(new float[7], 7);
                Tensor square = backend.tensor(new float[7], 7, 1);
                GroupNorm norm = GroupNorm.of(backend, 2, 8)) {
            int open = backend.session().openBuffers();
            assertEquals(
                    "Expected number of channels in input to be divisible by num_groups, but got input of shape"
                            + " [2, 7, 4] and num_groups=2",
                    refusal(() -> Functional.groupNorm(x, 2, null, null, 1e-5)));
            assertEquals(
                    "Expected weight to be a vector of size equal to the number of channels in input, but got weight of"
                            + " shape [6] and input of shape [2, 7, 4]",
                    refusal(() -> Functional.groupNorm(x, 7, wrong, null, 1e-5)));
            assertTrue(refusal(() -> Functional.groupNorm(x, 7, null, square, 1e-5))
                    .contains("bias of shape [7, 1]"));
            assertTrue(refusal(() -> Functional.groupNorm(flat, 1, null, null, 1e-5))
                    .contains("at least 2 dimensions"));
            assertTrue(refusal(() -> norm.forward(x)).contains("8 channels"));
            assertTrue(refusal(() -> x.set(new float[3])).contains("takes 56 values, got 3"));
            assertEquals(open, backend.session().openBuffers());
        }
    }

    @Test
    void closedAndForeignTensorsAreRefused() {
        Backend backend = TestDevices.first();
        Tensor closed = backend.tensor(new float[8], 1, 8);
        closed.close();
        closed.close();
        assertThrows(IllegalStateException.class, closed::toFloats);
        assertThrows(IllegalStateException.class, () -> Functional.groupNorm(closed, 2, null, null, 1e-5));
        try (Backend other = Backend.open(backend.device().selector());
                Tensor x = other.tensor(new float[8], 1, 8);
                Tensor weight = backend.tensor(new float[8], 8);
                GroupNorm norm = GroupNorm.of(backend, 2, 8)) {
            assertTrue(refusal(() -> norm.forward(x)).contains("another backend"));
            assertTrue(refusal(() -> Functional.groupNorm(x, 2, weight, null, 1e-5))
                    .contains("one backend"));
        }
    }

    @Test
    void aClosedLayerIsRefusedAlsoWithoutParameters() {
        Backend backend = TestDevices.first();
        GroupNorm bare = GroupNorm.builder(backend, 2, 8).affine(false).build();
        bare.close();
        try (Tensor x = backend.tensor(new float[8], 1, 8)) {
            assertThrows(IllegalStateException.class, () -> bare.forward(x));
        }
    }

    @Test
    void epsBelowTheRangeOfFloatStaysPositive() {
        Backend backend = TestDevices.first();
        try (Tensor x = backend.tensor(new float[] {3, 3, 3, 3}, 1, 4);
                Normalized result = Functional.groupNorm(x, 1, null, null, 1e-50)) {
            assertArrayEquals(new float[4], result.output().toFloats());
        }
    }

    @Test
    void worksWhileJoclThrowsExceptions() {
        CL.setExceptionsEnabled(true);
        try (Backend backend = Backend.open(TestDevices.first().device().selector());
                Tensor x = backend.tensor(new float[] {1, 3}, 1, 2);
                Normalized result = Functional.groupNorm(x, 1, null, null, 0)) {
            assertArrayEquals(new float[] {-1, 1}, result.output().toFloats());
        } finally {
            CL.setExceptionsEnabled(false);
        }
    }

    @Test
    void aBackendClosesWhatItMade() {
        Backend backend = Backend.open(TestDevices.first().device().selector());
        Tensor x = backend.tensor(new float[8], 1, 8);
        GroupNorm norm = GroupNorm.of(backend, 2, 8);
        Tensor y = norm.forward(x);
        backend.close();
        backend.close();
        assertEquals(0, backend.session().openBuffers());
        assertThrows(IllegalStateException.class, y::toFloats);
        assertThrows(IllegalStateException.class, () -> norm.forward(x));
        assertThrows(IllegalStateException.class, () -> backend.empty(3));
        y.close();
        norm.close();
    }

    @Test
    void aTensorAboveTheLargestBufferIsRefusedBeforeAnythingIsTouched() {
        Backend backend = TestDevices.first();
        DeviceInfo small = TestInfo.with(backend.device(), "maxBuffer", 1000L);
        try (Backend limited = new Backend(new Session(JoclOpenCl.open(backend.device(), false), small))) {
            assertTrue(refusal(() -> limited.empty(251)).contains("1000 bytes"));
            assertEquals(0, limited.session().openBuffers());
            limited.empty(250).close();
        }
        assertTrue(refusal(() -> backend.empty(1L << 32, 1L << 20)).contains("largest buffer"));
    }

    @Test
    void worksOnAnApplicationsOwnQueue() {
        DeviceInfo device = TestDevices.first().device();
        cl_context_properties properties = new cl_context_properties();
        properties.addProperty(CL.CL_CONTEXT_PLATFORM, device.handle().platform());
        cl_device_id[] ids = {device.handle().device()};
        cl_context context = CL.clCreateContext(properties, 1, ids, null, null, null);
        @SuppressWarnings("deprecation")
        cl_command_queue queue = CL.clCreateCommandQueue(context, ids[0], 0, null);
        try (Backend backend = Backend.on(context, queue);
                Tensor x = backend.tensor(new float[] {1, 3}, 1, 2);
                Normalized result = Functional.groupNorm(x, 1, null, null, 0)) {
            assertEquals(device.selector(), backend.device().selector());
            assertArrayEquals(new float[] {-1, 1}, result.output().toFloats());
        }
        // Still open: the backend has released only what it retained.
        assertEquals(CL.CL_SUCCESS, CL.clFinish(queue));
        CL.clReleaseCommandQueue(queue);
        CL.clReleaseContext(context);
    }

    @Test
    @Tag("threads")
    void threadsShareABackend() throws InterruptedException {
        Backend backend = TestDevices.first();
        float[] values = Values.normal(9, 4 * 8 * 100, 1, 1);
        float[] expected;
        try (Tensor x = backend.tensor(values, 4, 8, 100);
                Normalized result = Functional.groupNorm(x, 2, null, null, 1e-5)) {
            expected = result.output().toFloats();
        }
        Thread[] threads = new Thread[4];
        Throwable[] failures = new Throwable[threads.length];
        for (int t = 0; t < threads.length; t++) {
            int index = t;
            threads[t] = new Thread(() -> {
                try {
                    for (int i = 0; i < 50; i++) {
                        try (Tensor x = backend.tensor(values, 4, 8, 100);
                                Normalized result = Functional.groupNorm(x, 2, null, null, 1e-5)) {
                            Errors.assertSameBits(expected, result.output().toFloats(), "thread " + index);
                        }
                    }
                } catch (Throwable e) {
                    failures[index] = e;
                }
            });
            threads[t].start();
        }
        for (int t = 0; t < threads.length; t++) {
            threads[t].join();
            assertNull(failures[t], () -> "a thread failed");
        }
    }
}
