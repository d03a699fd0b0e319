package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tensors on direct buffers of the caller: what Java and the device see of each other's writes, and for how long. */
@Tag("device")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class WrappedBufferTest {

    private static final long[] SHAPE = {2, 4, 16};
    private static final int COUNT = 128;

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    private static ByteBuffer holding(float... values) {
        ByteBuffer buffer = direct(4 * values.length);
        buffer.asFloatBuffer().put(values);
        return buffer;
    }

    private static float[] content(ByteBuffer buffer) {
        float[] values = new float[buffer.remaining() / 4];
        buffer.slice().order(ByteOrder.nativeOrder()).asFloatBuffer().get(values);
        return values;
    }

    private static boolean shares(Backend backend) {
        return Quirks.prefersVectorsToWorkItems(backend.device());
    }

    @OnEveryDevice
    void javaAndTheDeviceTakeTurns(Backend backend) {
        float[] first = Values.normal(1, COUNT, 1, 2);
        float[] second = Values.normal(2, COUNT, 0, 3);
        ByteBuffer buffer = holding(first);
        try (GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor x = backend.wrap(buffer, ElementType.FLOAT32, SHAPE);
                Tensor plain = backend.tensor(first, SHAPE)) {
            assertEquals(shares(backend), x.sharesHostMemory(), backend.device().description());
            assertFalse(plain.sharesHostMemory());
            norm.infer(x, Options.DEFAULTS.output(x));
            x.get(buffer);
            try (Tensor expected = norm.infer(plain)) {
                assertArrayEquals(expected.toFloats(), content(buffer));
            }
            assertEquals(0, buffer.position());
            long version = x.version();
            buffer.asFloatBuffer().put(second);
            x.set(buffer);
            assertEquals(version + 1, x.version());
            plain.set(second);
            assertArrayEquals(second, x.toFloats());
            norm.infer(x, Options.DEFAULTS.output(x));
            backend.finish();
            try (Tensor expected = norm.infer(plain)) {
                if (x.sharesHostMemory()) {
                    assertArrayEquals(expected.toFloats(), content(buffer), "seen after finish");
                }
                assertArrayEquals(expected.toFloats(), x.readAsync().join());
            }
            // The other ways in and out.
            x.set(first);
            x.get(buffer);
            assertArrayEquals(first, content(buffer));
            x.copyFrom(plain);
            x.get(buffer);
            assertArrayEquals(second, content(buffer));
            x.set(FloatBuffer.wrap(first));
            float[] read = new float[COUNT];
            x.get(FloatBuffer.wrap(read));
            assertArrayEquals(first, read);
        }
    }

    /** OpenCL promises nothing else to be visible to both. */
    @Test
    void itIsMappedFromAFinishToTheNextCommand() {
        DeviceInfo device = TestDevices.first().device();
        FaultyOpenCl counting = new FaultyOpenCl(JoclOpenCl.open(device, false));
        try (Backend backend = new Backend(new Session(counting.port(), device));
                GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor x = backend.wrap(direct(4 * COUNT), ElementType.FLOAT32, SHAPE);
                Tensor view = x.view(COUNT)) {
            counting.fail("nothing", 1);
            for (int turn = 1; turn <= 2; turn++) {
                norm.infer(x, Options.DEFAULTS.output(x));
                assertEquals(turn - 1, counting.count("enqueueMap"));
                backend.finish();
                backend.finish();
                assertEquals(turn, counting.count("enqueueMap"));
                assertEquals(turn - 1, counting.count("unmap"));
                view.toFloats();
                assertEquals(turn, counting.count("unmap"), "also by a view");
            }
            backend.finish();
        }
        assertEquals(3, counting.count("unmap"), "also by closing");
    }

    @OnEveryDevice
    void viewsAndSlicesShareIt(Backend backend) {
        ByteBuffer buffer = direct(2 * 4096);
        try (Tensor x = backend.wrap(buffer, ElementType.FLOAT32, 2, 1024);
                Tensor view = x.view(2048);
                Tensor slice = x.slice(1, 2)) {
            assertEquals(x.sharesHostMemory(), view.sharesHostMemory());
            assertEquals(x.sharesHostMemory(), slice.sharesHostMemory());
            slice.set(Values.constant(1024, 7));
            x.get(buffer);
            assertEquals(0, buffer.getFloat(4092));
            assertEquals(7, buffer.getFloat(4096));
            buffer.putFloat(4096, 8);
            x.set(buffer);
            assertEquals(8, slice.toFloats()[0]);
            assertEquals(8, view.toFloats()[1024]);
            // A part of the buffer is not the buffer: this copies.
            ByteBuffer row = direct(4096);
            slice.get(row);
            assertEquals(8, row.getFloat(0));
        }
    }

    /** Memory of the caller is neither counted as the device's nor kept for other tensors. */
    @Test
    void itIsNeverPooled() {
        try (Backend backend = Backend.open(TestDevices.first().device())) {
            ByteBuffer buffer = holding(Values.constant(COUNT, 1));
            Tensor x = backend.wrap(buffer, ElementType.FLOAT32, COUNT);
            MemoryUse use = backend.memory();
            assertTrue(x.sharesHostMemory());
            assertEquals(0, use.inUse());
            assertEquals(4 * COUNT, use.wrapped());
            x.close();
            assertEquals(0, backend.memory().wrapped());
            assertEquals(0, backend.memory().pooled());
            assertThrows(IllegalStateException.class, () -> x.get(buffer));
            try (Tensor other = backend.tensor(Values.constant(COUNT, 2), COUNT)) {
                assertEquals(2, other.toFloats()[0]);
                assertEquals(1, buffer.getFloat(0));
            }
        }
    }

    @Test
    void itStaysReachableAsLongAsTheDeviceMayUseIt() throws InterruptedException {
        Backend backend = TestDevices.first();
        ByteBuffer buffer = holding(Values.constant(COUNT, 3));
        WeakReference<ByteBuffer> reference = new WeakReference<>(buffer);
        Tensor x = backend.wrap(buffer, ElementType.FLOAT32, COUNT);
        buffer = null;
        System.gc();
        assertNotNull(reference.get());
        assertEquals(3, x.toFloats()[0]);
        x.close();
        backend.finish();
        // Looks whether the device is done with it.
        backend.memory();
        for (int tries = 0; tries < 20 && reference.get() != null; tries++) {
            System.gc();
        }
        assertNull(reference.get());
    }

    private static String refused(Backend backend, ByteBuffer buffer, ElementType type, long... shape) {
        return assertThrows(IllegalArgumentException.class, () -> backend.wrap(buffer, type, shape))
                .getMessage();
    }

    private static void assertSays(String message, String... words) {
        for (String word : words) {
            assertTrue(message.contains(word), message + ", without " + word);
        }
    }

    @Test
    void buffersThatDoNotFitAreRejected() {
        Backend backend = TestDevices.first();
        int open = backend.memory().tensors();
        ElementType type = ElementType.FLOAT32;
        assertSays(
                refused(backend, ByteBuffer.allocate(96).order(ByteOrder.nativeOrder()), type, 24),
                "direct ByteBuffer",
                "heap buffer of 96 bytes",
                "allocateDirect");
        assertSays(refused(backend, direct(95), type, 24), "takes 96 bytes", "has 95");
        assertSays(refused(backend, direct(96).position(4), type, 24), "has 92 from its position 4 to its limit 96");
        assertSays(refused(backend, ByteBuffer.allocateDirect(96), type, 24), "byte order BIG_ENDIAN");
        assertSays(
                refused(backend, direct(96).asReadOnlyBuffer().order(ByteOrder.nativeOrder()), type, 24), "read-only");
        ByteBuffer odd = ByteBuffer.allocateDirect(128).alignedSlice(8);
        odd = odd.slice(2, 96).order(ByteOrder.nativeOrder());
        assertSays(refused(backend, odd, type, 24), "2 bytes beyond a multiple of the 4 bytes of a float32 element");
        try (Tensor halves = backend.wrap(odd, ElementType.FLOAT16, 48);
                Tensor none = backend.wrap(direct(0), type, 0, 3)) {
            assertEquals(48, halves.elements());
            assertFalse(none.sharesHostMemory());
        }
        assertThrows(NullPointerException.class, () -> backend.wrap((ByteBuffer) null, type, 1));
        assertThrows(NullPointerException.class, () -> backend.wrap(direct(4), null, 1));
        assertEquals(open, backend.memory().tensors());
    }

    @Test
    void aClosedBackendWrapsNothing() {
        Backend backend = Backend.open(TestDevices.first().device());
        Tensor x = backend.wrap(direct(4 * COUNT), ElementType.FLOAT32, COUNT);
        backend.finish();
        backend.close();
        assertThrows(IllegalStateException.class, () -> x.set(new float[COUNT]));
        assertThrows(IllegalStateException.class, () -> backend.wrap(direct(4), ElementType.FLOAT32, 1));
    }

    /** Two tensors on the same bytes of Java's memory: what a pass and a recorded pass reject. */
    @Test
    void tensorsOnTheSameBytesAreRelated() {
        Backend backend = TestDevices.first();
        ByteBuffer memory = ByteBuffer.allocateDirect(3 * 4 * COUNT);
        ByteBuffer low = memory.slice(0, 4 * COUNT).order(ByteOrder.nativeOrder());
        ByteBuffer middle = memory.slice(2 * COUNT, 4 * COUNT).order(ByteOrder.nativeOrder());
        ByteBuffer high = memory.slice(8 * COUNT, 4 * COUNT).order(ByteOrder.nativeOrder());
        ByteBuffer again = memory.slice(0, 4 * COUNT).order(ByteOrder.nativeOrder());
        try (GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor x = backend.wrap(low, ElementType.FLOAT32, SHAPE);
                Tensor overlapping = backend.wrap(middle, ElementType.FLOAT32, SHAPE);
                Tensor apart = backend.wrap(high, ElementType.FLOAT32, SHAPE);
                Tensor same = backend.wrap(again, ElementType.FLOAT32, SHAPE)) {
            assertTrue(x.sharesHostMemory(), backend.device().description());
            String refusal = assertThrows(
                            IllegalArgumentException.class, () -> norm.infer(x, Options.DEFAULTS.output(overlapping)))
                    .getMessage();
            assertTrue(refusal.contains("without overlap"), refusal);
            x.set(Values.normal(1, COUNT, 1, 2));
            long version = apart.version();
            norm.infer(x, Options.DEFAULTS.output(apart));
            assertEquals(version + 1, apart.version());
            try (Recorded pass = norm.record(x);
                    Tensor dy = backend.tensor(new float[COUNT], SHAPE)) {
                apart.set(new float[COUNT]);
                same.set(new float[COUNT]);
                assertThrows(IllegalStateException.class, () -> pass.backward(dy));
            }
            norm.infer(x, Options.DEFAULTS.output(same));
        }
    }
}
