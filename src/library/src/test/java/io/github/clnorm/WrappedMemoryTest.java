package io.github.clnorm;

import static org.jocl.CL.*;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.OwnOpenCl;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.jocl.Pointer;
import org.jocl.cl_command_queue;
import org.jocl.cl_image_format;
import org.jocl.cl_mem;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Tensors in buffers of the caller: the same bits, the caller's ownership, and what is rejected. */
@Tag("device")
class WrappedMemoryTest {

    private static final float[] VALUES = Values.normal(1, 48, 3, 2);
    private static final long[] SHAPE = {2, 4, 6};
    private static final long BYTES = 48 * Float.BYTES;

    private static String refusal(Executable call) {
        return assertThrows(IllegalArgumentException.class, call).getMessage();
    }

    @OnEveryDevice
    void aPassInTheCallersBuffersGivesTheBitsOfOwnTensors(Backend any) {
        float[] expected;
        try (Tensor x = any.tensor(VALUES, SHAPE);
                GroupNorm norm = GroupNorm.of(any, 2, 4);
                Tensor y = norm.infer(x)) {
            expected = y.toFloats();
        }
        try (OwnOpenCl own = new OwnOpenCl(any.device())) {
            cl_command_queue queue = own.queue();
            Backend backend = own.backend(queue);
            int alignment = own.alignment();
            cl_mem in = own.buffer(CL_MEM_READ_ONLY, VALUES);
            cl_mem out = own.buffer(CL_MEM_WRITE_ONLY, 2 * alignment + BYTES);
            try (Tensor x = backend.wrap(in, ElementType.FLOAT32, SHAPE);
                    Tensor y = backend.wrap(out, 2 * alignment, ElementType.FLOAT32, SHAPE);
                    GroupNorm norm = GroupNorm.of(backend, 2, 4)) {
                assertEquals(in, x.memory());
                assertNotEquals(out, y.memory());
                norm.infer(x, Options.DEFAULTS.output(y));
                assertArrayEquals(expected, own.read(queue, y.memory(), 48));
                assertArrayEquals(expected, y.toFloats());
                assertArrayEquals(VALUES, x.toFloats());
            }
        }
    }

    @OnEveryDevice
    void theBufferIsRetainedWhileATensorIsOpenAndStaysTheCallers(Backend any) {
        try (OwnOpenCl own = new OwnOpenCl(any.device())) {
            Backend backend = own.backend();
            cl_mem memory = own.buffer(CL_MEM_READ_WRITE, VALUES);
            OwnOpenCl.assertReferences(1, memory);
            MemoryUse before = backend.memory();
            Tensor first = backend.wrap(memory, ElementType.FLOAT32, SHAPE);
            Tensor second = backend.wrap(memory, ElementType.FLOAT32, 48);
            OwnOpenCl.assertReferences(2, memory);
            assertEquals(before.inUse(), backend.memory().inUse());
            assertEquals(before.tensors() + 1, backend.memory().tensors());
            assertEquals(BYTES, backend.memory().wrapped());
            first.close();
            assertArrayEquals(VALUES, second.toFloats());
            second.set(new float[48]);
            second.close();
            second.close();
            OwnOpenCl.assertReferences(1, memory);
            assertEquals(before, backend.memory());
            try (Tensor other = backend.empty(SHAPE)) {
                assertNotEquals(memory, other.memory());
            }
            assertArrayEquals(new float[48], own.read(own.queue(), memory, 48));
        }
    }

    /** OpenCL has no sub-buffers of sub-buffers. */
    @OnEveryDevice
    void aSubBufferOfTheCallerCanBeWrappedAtAnOffsetAndSliced(Backend any) {
        try (OwnOpenCl own = new OwnOpenCl(any.device())) {
            Backend backend = own.backend();
            int alignment = own.alignment();
            int row = alignment / Float.BYTES;
            cl_mem whole = own.buffer(CL_MEM_READ_WRITE, Values.normal(2, 8 * row, 0, 1));
            float[] values = own.read(own.queue(), whole, 8 * row);
            cl_mem part = own.part(whole, 2L * alignment, 5L * alignment);
            try (Tensor all = backend.wrap(part, ElementType.FLOAT32, 5, row);
                    Tensor later = backend.wrap(part, alignment, ElementType.FLOAT32, 4, row);
                    Tensor slice = all.slice(3, 4)) {
                assertEquals(part, all.memory());
                assertArrayEquals(Arrays.copyOfRange(values, 5 * row, 6 * row), slice.toFloats());
                float[] ones = new float[row];
                Arrays.fill(ones, 1);
                long before = later.version();
                slice.set(ones);
                assertEquals(before + 1, later.version(), "later holds the slice");
                assertArrayEquals(ones, Arrays.copyOfRange(later.toFloats(), 2 * row, 3 * row));
            }
            OwnOpenCl.assertReferences(1, part);
        }
    }

    @OnEveryDevice
    void whatDoesNotFitIsRejectedWithItsValues(Backend any) {
        try (OwnOpenCl own = new OwnOpenCl(any.device());
                OwnOpenCl other = new OwnOpenCl(any.device())) {
            Backend backend = own.backend();
            int alignment = own.alignment();
            cl_mem memory = own.buffer(BYTES);
            ElementType type = ElementType.FLOAT32;
            assertEquals(
                    "a float32 tensor of shape [7, 7] takes 196 bytes from byte 0 of the cl_mem on, but the cl_mem has "
                            + "192 bytes",
                    refusal(() -> backend.wrap(memory, type, 7, 7)));
            cl_mem large = own.buffer(2L * alignment);
            assertTrue(refusal(() -> backend.wrap(large, alignment, type, alignment))
                    .contains("from byte " + alignment + " of the cl_mem on, but the cl_mem has " + 2 * alignment));
            assertTrue(
                    refusal(() -> backend.wrap(memory, 4L * alignment, type, 0)).contains("192 bytes"));
            assertEquals(
                    "Expected a byteOffset of 0 or more, but got -4", refusal(() -> backend.wrap(memory, -4, type, 1)));
            assertTrue(refusal(() -> backend.wrap(memory, 2, type, 1)).contains("element's 4 bytes"));
            assertTrue(refusal(() -> backend.wrap(memory, 4, type, 1))
                    .startsWith("Expected a tensor at a multiple of " + alignment + " bytes"));
            assertTrue(refusal(() -> backend.wrap(other.buffer(BYTES), type, SHAPE))
                    .contains("another context"));
            assertTrue(refusal(() -> backend.wrap(memory, type, 2, -1)).contains("negative"));
            assertTrue(refusal(() -> backend.wrap(memory, type, Long.MAX_VALUE)).contains("2^63-1"));
            assertTrue(refusal(() -> backend.wrap(new cl_mem(), type, 1)).contains("CL_INVALID_MEM_OBJECT"));
            assertEquals(
                    "memory",
                    assertThrows(NullPointerException.class, () -> backend.wrap((cl_mem) null, type, 1))
                            .getMessage());
            assertEquals(
                    "type",
                    assertThrows(NullPointerException.class, () -> backend.wrap(memory, null, 1))
                            .getMessage());
            OwnOpenCl.assertReferences(1, memory);
            assertEquals(0, backend.memory().tensors());
            backend.close();
            assertThrows(IllegalStateException.class, () -> backend.wrap(memory, type, 1));
        }
    }

    @Test
    void aFailingCallLeaksNothing() {
        DeviceInfo device = TestDevices.first().device();
        try (OwnOpenCl own = new OwnOpenCl(device)) {
            cl_mem memory = own.buffer(1L << 16);
            cl_mem part = own.part(memory, 1 << 12, 1 << 15);
            FaultyOpenCl faulty = new FaultyOpenCl(JoclOpenCl.on(device, own.context(), own.queue()));
            try (Backend backend = new Backend(new Session(faulty.port(), device))) {
                for (String call : List.of("createSubBuffer", "retain")) {
                    for (int n = 1; n <= 3; n++) {
                        faulty.fail(call, n);
                        boolean failed = false;
                        try (Tensor whole = backend.wrap(part, ElementType.FLOAT32, 8, 1 << 10);
                                Tensor inside = backend.wrap(part, 1 << 12, ElementType.FLOAT32, 1 << 10);
                                Tensor slice = whole.slice(2, 4);
                                Tensor view = slice.view(1 << 11)) {
                            assertEquals(3 << 10, view.elements() + inside.elements());
                        } catch (ClException e) {
                            failed = true;
                            assertEquals(call, e.call());
                        }
                        assertTrue(failed || n > faulty.count(call), call + " " + n + " did not fail");
                        faulty.heal();
                        assertEquals(0, backend.session().openBuffers(), call + " " + n);
                        OwnOpenCl.assertReferences(1, part);
                    }
                }
                assertEquals(new MemoryUse(0, 0, 0, 0), backend.memory());
            }
        }
    }

    /** Using one is undefined in OpenCL, and crashes most drivers. */
    @OnEveryDevice
    void aReleasedBufferIsRejected(Backend any) {
        try (OwnOpenCl own = new OwnOpenCl(any.device())) {
            Backend backend = own.backend();
            int[] code = new int[1];
            cl_mem memory = clCreateBuffer(own.context(), CL_MEM_READ_WRITE, BYTES, null, code);
            OwnOpenCl.check(clReleaseMemObject(memory), "clReleaseMemObject");
            String message = refusal(() -> backend.wrap(memory, ElementType.FLOAT32, SHAPE));
            assertTrue(message.contains("it was released, or never created"), message);
        }
    }

    /** Vector stores would crash there. */
    @Test
    void hostMemoryBetweenTwoElementsIsRejected() {
        try (OwnOpenCl own = new OwnOpenCl(TestDevices.first().device())) {
            Backend backend = own.backend();
            ByteBuffer bytes = ByteBuffer.allocateDirect(256);
            for (int shift : new int[] {0, 2}) {
                int[] code = new int[1];
                cl_mem memory = clCreateBuffer(
                        own.context(),
                        CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR,
                        BYTES,
                        Pointer.to(bytes).withByteOffset(shift),
                        code);
                OwnOpenCl.check(code[0], "clCreateBuffer");
                if (shift == 0) {
                    backend.wrap(memory, ElementType.FLOAT32, SHAPE).close();
                } else {
                    assertTrue(refusal(() -> backend.wrap(memory, ElementType.FLOAT32, SHAPE))
                            .contains("CL_MEM_USE_HOST_PTR is at 0x"));
                    backend.wrap(memory, ElementType.FLOAT16, SHAPE).close();
                }
                clReleaseMemObject(memory);
            }
        }
    }

    @Test
    @SuppressWarnings("deprecation")
    void anImageIsRejected() {
        try (OwnOpenCl own = new OwnOpenCl(TestDevices.first().device())) {
            Backend backend = own.backend();
            int[] code = new int[1];
            cl_image_format format = new cl_image_format();
            format.image_channel_order = CL_RGBA;
            format.image_channel_data_type = CL_FLOAT;
            cl_mem image = clCreateImage2D(
                    own.context(), CL_MEM_READ_WRITE, new cl_image_format[] {format}, 4, 4, 0, null, code);
            OwnOpenCl.check(code[0], "clCreateImage2D");
            assertEquals(
                    "Expected a buffer, but got a cl_mem of type CL_MEM_OBJECT_IMAGE2D",
                    refusal(() -> backend.wrap(image, ElementType.FLOAT32, 4)));
            clReleaseMemObject(image);
        }
    }

    @OnEveryDevice
    void theFlagsOfTheBufferAreKept(Backend any) {
        try (OwnOpenCl own = new OwnOpenCl(any.device())) {
            Backend backend = own.backend();
            ElementType type = ElementType.FLOAT32;
            try (GroupNorm norm = GroupNorm.of(backend, 2, 4);
                    Tensor x = backend.tensor(VALUES, SHAPE);
                    Tensor in = backend.wrap(own.buffer(CL_MEM_READ_ONLY, VALUES), type, SHAPE);
                    Tensor out = backend.wrap(own.buffer(CL_MEM_WRITE_ONLY, BYTES), type, SHAPE);
                    Tensor hidden = backend.wrap(own.buffer(CL_MEM_HOST_NO_ACCESS, BYTES), type, SHAPE);
                    Tensor source = backend.wrap(own.buffer(CL_MEM_HOST_WRITE_ONLY, BYTES), type, SHAPE);
                    Tensor result = backend.wrap(own.buffer(CL_MEM_HOST_READ_ONLY, BYTES), type, SHAPE)) {
                assertEquals(
                        "Expected output in a buffer that kernels can write, but the buffer of the tensor of shape "
                                + "[2, 4, 6] was created with CL_MEM_READ_ONLY",
                        refusal(() -> norm.infer(x, Options.DEFAULTS.output(in))));
                assertTrue(
                        refusal(() -> norm.infer(out)).startsWith("Expected input in a buffer that kernels can read"));
                assertTrue(refusal(() -> in.set(VALUES)).contains("Tensor.set cannot write"));
                assertTrue(refusal(() -> in.copyFrom(x)).contains("Tensor.copyFrom cannot write"));
                assertTrue(refusal(() -> hidden.set(VALUES)).contains("CL_MEM_HOST_NO_ACCESS"));
                assertTrue(refusal(hidden::toFloats).contains("CL_MEM_HOST_NO_ACCESS"));
                assertTrue(refusal(source::toFloats).contains("CL_MEM_HOST_WRITE_ONLY"));
                assertTrue(refusal(() -> result.set(VALUES)).contains("CL_MEM_HOST_READ_ONLY"));
                try (Tensor slice = in.view(48)) {
                    assertTrue(refusal(() -> slice.set(VALUES)).contains("CL_MEM_READ_ONLY"));
                }
                try (Recorded pass = norm.record(in)) {
                    assertTrue(refusal(() -> pass.backward(out)).contains("grad_output"));
                    assertTrue(refusal(() -> pass.backward(x, GradientOptions.DEFAULTS.output(in)))
                            .contains("Expected output in a buffer that kernels can write"));
                }
                assertEquals(0, in.version());
                source.set(VALUES);
                norm.infer(source, Options.DEFAULTS.output(result));
                try (Tensor halves = backend.empty(ElementType.FLOAT16, SHAPE)) {
                    assertTrue(refusal(() -> halves.copyFrom(hidden)).contains("CL_MEM_HOST_NO_ACCESS"));
                    assertEquals(0, halves.version());
                }
                hidden.copyFrom(result);
                x.copyFrom(hidden);
                assertArrayEquals(result.toFloats(), x.toFloats());
            }
        }
    }

    @OnEveryDevice
    void theMemoryOfATensorIsTheCallersUntilItIsClosed(Backend any) {
        try (OwnOpenCl own = new OwnOpenCl(any.device())) {
            cl_command_queue queue = own.queue();
            Backend backend = own.backend(queue);
            Tensor x = backend.tensor(VALUES, SHAPE);
            cl_mem memory = x.memory();
            assertArrayEquals(VALUES, own.read(queue, memory, 48));
            own.write(queue, memory, new float[48]);
            assertArrayEquals(new float[48], x.toFloats());
            OwnOpenCl.check(clRetainMemObject(memory), "clRetainMemObject");
            x.close();
            assertThrows(IllegalStateException.class, x::memory);
            try (Tensor next = backend.tensor(VALUES, SHAPE)) {
                assertNotEquals(memory, next.memory(), "memory that a caller holds is not reused");
            }
            assertArrayEquals(new float[48], own.read(queue, memory, 48));
            OwnOpenCl.assertReferences(1, memory);
            clReleaseMemObject(memory);
            try (Tensor empty = backend.empty(0, 4)) {
                assertNull(empty.memory());
            }
        }
    }
}
