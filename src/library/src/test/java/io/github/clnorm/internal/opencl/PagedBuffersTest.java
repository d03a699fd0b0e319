package io.github.clnorm.internal.opencl;

import static org.jocl.CL.*;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.GroupNorm;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.HostPages;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.OwnOpenCl;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_event;
import org.jocl.cl_mem;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The memory under a buffer outlives everything that refers to the buffer. */
@Tag("device")
class PagedBuffersTest {

    private static final int MOST_TRIES = 1_000_000;
    // Larger than a mapping that blocks share, so that it is unmapped with the buffer.
    private static final int COUNT = 40 * PoisonedPages.PAGE / Float.BYTES;
    private static final float[] VALUES = Values.normal(1, COUNT, 1, 2);

    private final PoisonedPages pages = new PoisonedPages();
    private final PagedBuffers buffers = new PagedBuffers(pages);

    /** The devices that work in pages of the host: there must be one. */
    static Stream<DeviceInfo> devices() {
        List<DeviceInfo> devices = TestDevices.all()
                .map(Backend::device)
                .filter(Quirks::takesHostPages)
                .toList();
        assertNotEquals(List.of(), devices, "the tests need PoCL");
        return devices.stream();
    }

    private Backend backend(DeviceInfo device) {
        return new Backend(new Session(JoclOpenCl.opened(device, false, () -> Optional.of(buffers)), device));
    }

    /** A queue of an application in the context of a buffer. The caller releases it. */
    @SuppressWarnings("deprecation")
    private static cl_command_queue queue(DeviceInfo device, cl_mem memory) {
        int[] code = new int[1];
        cl_command_queue queue =
                clCreateCommandQueue(context(memory), device.handle().device(), 0, code);
        OwnOpenCl.check(code[0], "clCreateCommandQueue");
        return queue;
    }

    private static cl_context context(cl_mem memory) {
        cl_context context = new cl_context();
        OwnOpenCl.check(
                clGetMemObjectInfo(memory, CL_MEM_CONTEXT, Sizeof.cl_context, Pointer.to(context), null),
                "clGetMemObjectInfo");
        return context;
    }

    private static float[] read(cl_command_queue queue, cl_mem memory, int count) {
        float[] values = new float[count];
        OwnOpenCl.check(
                clEnqueueReadBuffer(
                        queue, memory, true, 0, (long) count * Float.BYTES, Pointer.to(values), 0, null, null),
                "clEnqueueReadBuffer");
        return values;
    }

    /** Another backend, which takes all memory that is free, and overwrites it. */
    private void overwriteFreeMemory(DeviceInfo device) {
        try (Backend other = backend(device)) {
            List<Tensor> tensors = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                tensors.add(other.tensor(new float[COUNT], COUNT));
                tensors.add(other.tensor(new float[1000], 1000));
            }
            other.finish();
            tensors.forEach(Tensor::close);
        }
    }

    /** Drivers forget a finished command a little after they tell that it is done. */
    private void assertAllIsUnmapped() {
        for (int tries = 0; tries < MOST_TRIES && pages.mappings() > 0; tries++) {
            buffers.lookAtAll();
            Thread.yield();
        }
        assertEquals(0, pages.mappings());
    }

    @ParameterizedTest
    @MethodSource("devices")
    void aBufferThatAnApplicationRetainsOutlivesItsBackend(DeviceInfo device) {
        cl_mem memory;
        cl_command_queue queue;
        try (Backend backend = backend(device)) {
            Tensor x = backend.tensor(VALUES, COUNT);
            memory = x.memory();
            OwnOpenCl.check(clRetainMemObject(memory), "clRetainMemObject");
            queue = queue(device, memory);
            x.close();
            backend.trim();
            overwriteFreeMemory(device);
            assertArrayEquals(VALUES, read(queue, memory, COUNT));
        }
        overwriteFreeMemory(device);
        assertArrayEquals(VALUES, read(queue, memory, COUNT));
        assertEquals(1, pages.mappings());
        clReleaseCommandQueue(queue);
        OwnOpenCl.check(clReleaseMemObject(memory), "clReleaseMemObject");
        assertAllIsUnmapped();
    }

    @ParameterizedTest
    @MethodSource("devices")
    void aSliceThatAnApplicationRetainsKeepsAllOfTheBuffer(DeviceInfo device) {
        cl_mem memory;
        cl_command_queue queue;
        float[] half = Arrays.copyOfRange(VALUES, COUNT / 2, COUNT);
        try (Backend backend = backend(device)) {
            Tensor x = backend.tensor(VALUES, COUNT);
            Tensor slice = x.slice(COUNT / 2, COUNT);
            memory = slice.memory();
            OwnOpenCl.check(clRetainMemObject(memory), "clRetainMemObject");
            queue = queue(device, memory);
            slice.close();
            x.close();
            backend.trim();
            overwriteFreeMemory(device);
            assertArrayEquals(half, read(queue, memory, COUNT / 2));
        }
        overwriteFreeMemory(device);
        assertArrayEquals(half, read(queue, memory, COUNT / 2));
        clReleaseCommandQueue(queue);
        OwnOpenCl.check(clReleaseMemObject(memory), "clReleaseMemObject");
        assertAllIsUnmapped();
    }

    @ParameterizedTest
    @MethodSource("devices")
    void aRetainedBufferCanBeWrappedAfterItsTensorIsClosed(DeviceInfo device) {
        try (Backend backend = backend(device)) {
            Tensor x = backend.tensor(VALUES, COUNT);
            cl_mem memory = x.memory();
            OwnOpenCl.check(clRetainMemObject(memory), "clRetainMemObject");
            x.close();
            try (Tensor again = backend.wrap(memory, ElementType.FLOAT32, COUNT)) {
                OwnOpenCl.check(clReleaseMemObject(memory), "clReleaseMemObject");
                overwriteFreeMemory(device);
                assertArrayEquals(VALUES, again.toFloats());
            }
            backend.trim();
            assertAllIsUnmapped();
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void anotherBackendInTheContextMayCloseItLast(DeviceInfo device) {
        Backend first = backend(device);
        Tensor x = first.tensor(VALUES, COUNT);
        cl_mem memory = x.memory();
        cl_command_queue queue = queue(device, memory);
        try (Backend second = Backend.on(context(memory), queue);
                Tensor same = second.wrap(memory, ElementType.FLOAT32, COUNT)) {
            x.close();
            first.close();
            overwriteFreeMemory(device);
            assertArrayEquals(VALUES, same.toFloats());
            assertEquals(1, pages.mappings());
        }
        clReleaseCommandQueue(queue);
        assertAllIsUnmapped();
    }

    @ParameterizedTest
    @MethodSource("devices")
    void commandsOfAnApplicationKeepTheMemory(DeviceInfo device) {
        cl_mem copy;
        cl_command_queue queue;
        cl_event gate;
        try (Backend backend = backend(device)) {
            Tensor x = backend.tensor(VALUES, COUNT);
            cl_mem memory = x.memory();
            queue = queue(device, memory);
            copy = clCreateBuffer(context(memory), CL_MEM_READ_WRITE, (long) COUNT * Float.BYTES, null, null);
            gate = clCreateUserEvent(context(memory), null);
            OwnOpenCl.check(
                    clEnqueueCopyBuffer(
                            queue, memory, copy, 0, 0, (long) COUNT * Float.BYTES, 1, new cl_event[] {gate}, null),
                    "clEnqueueCopyBuffer");
            x.close();
            backend.trim();
            overwriteFreeMemory(device);
        }
        overwriteFreeMemory(device);
        int whileTheyWait = pages.mappings();
        OwnOpenCl.check(clSetUserEventStatus(gate, CL_COMPLETE), "clSetUserEventStatus");
        assertEquals(1, whileTheyWait);
        assertArrayEquals(VALUES, read(queue, copy, COUNT));
        clReleaseEvent(gate);
        clReleaseMemObject(copy);
        clReleaseCommandQueue(queue);
        assertAllIsUnmapped();
    }

    @ParameterizedTest
    @MethodSource("devices")
    void commandsOfTheBackendKeepTheMemoryOfClosedTensors(DeviceInfo device) {
        try (Backend backend = backend(device);
                Tensor y = backend.empty(COUNT)) {
            Tensor x = backend.tensor(VALUES, COUNT);
            cl_event gate = clCreateUserEvent(context(x.memory()), null);
            backend.waitFor(gate);
            y.copyFrom(x);
            x.close();
            backend.trim();
            overwriteFreeMemory(device);
            int whileTheyWait = pages.mappings();
            OwnOpenCl.check(clSetUserEventStatus(gate, CL_COMPLETE), "clSetUserEventStatus");
            assertEquals(2, whileTheyWait);
            assertArrayEquals(VALUES, y.toFloats());
            clReleaseEvent(gate);
            for (int tries = 0; tries < MOST_TRIES && pages.mappings() > 1; tries++) {
                backend.finish();
            }
            assertEquals(1, pages.mappings(), "finish takes back what commands used");
        }
        assertAllIsUnmapped();
    }

    @ParameterizedTest
    @MethodSource("devices")
    void tensorsOfAllSizesKeepTheirContent(DeviceInfo device) {
        SplittableRandom random = new SplittableRandom(2);
        try (Backend backend = backend(device)) {
            List<Tensor> tensors = new ArrayList<>();
            List<Integer> seeds = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                int count = 1 + (int) Math.exp(random.nextDouble() * Math.log(100_000));
                tensors.add(backend.tensor(Values.normal(i, count, 0, 1), count));
                seeds.add(i);
                if (random.nextInt(3) > 0) {
                    int at = random.nextInt(tensors.size());
                    int seed = seeds.remove(at);
                    try (Tensor tensor = tensors.remove(at)) {
                        float[] actual = tensor.toFloats();
                        Errors.assertSameBits(Values.normal(seed, actual.length, 0, 1), actual, "tensor " + seed);
                    }
                }
                if (random.nextInt(20) == 0) {
                    backend.trim();
                }
            }
            for (int i = 0; i < tensors.size(); i++) {
                float[] actual = tensors.get(i).toFloats();
                Errors.assertSameBits(Values.normal(seeds.get(i), actual.length, 0, 1), actual, "tensor");
                tensors.get(i).close();
            }
        }
        assertAllIsUnmapped();
    }

    @ParameterizedTest
    @MethodSource("devices")
    void withoutMemoryFromTheSystemTheDriverAllocates(DeviceInfo device) {
        PagedBuffers none = new PagedBuffers(new Nowhere(0));
        JoclOpenCl port = JoclOpenCl.opened(device, false, () -> Optional.of(none));
        OpenCl.Memory memory = port.createBuffer(1000);
        assertEquals(0, port.describe(memory).hostAddress());
        port.release(memory);
        try (Backend backend = new Backend(new Session(port, device));
                GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor x = backend.tensor(Values.normal(1, 800, 1, 2), 2, 4, 100);
                Tensor y = norm.infer(x);
                Backend with = backend(device);
                GroupNorm sameNorm = GroupNorm.of(with, 2, 4);
                Tensor sameX = with.tensor(x.toFloats(), 2, 4, 100);
                Tensor sameY = sameNorm.infer(sameX)) {
            Errors.assertSameBits(y.toFloats(), sameY.toFloats(), "in pages");
        }
        assertAllIsUnmapped();
    }

    @ParameterizedTest
    @MethodSource("devices")
    void aBufferThatTheDriverRejectsTakesNoMemory(DeviceInfo device) {
        Nowhere somewhere = new Nowhere(1L << 40);
        try (JoclOpenCl port = JoclOpenCl.opened(device, false, () -> Optional.of(new PagedBuffers(somewhere)))) {
            assertThrows(ClException.class, () -> port.createBuffer(device.maxBuffer() * 2));
            assertEquals(1, somewhere.mapped);
            assertEquals(1, somewhere.unmapped);
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void buffersInTheContextOfAnApplicationAreTheDrivers(DeviceInfo device) {
        try (OwnOpenCl own = new OwnOpenCl(device);
                JoclOpenCl port = JoclOpenCl.on(device, own.context(), own.queue())) {
            OpenCl.Memory memory = port.createBuffer(1 << 20);
            assertEquals(0, port.describe(memory).hostAddress());
            port.release(memory);
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void pinnedBuffersAreTheDrivers(DeviceInfo device) {
        try (JoclOpenCl port = JoclOpenCl.opened(device, false, () -> Optional.of(buffers))) {
            OpenCl.Memory memory = port.createPinnedBuffer(1 << 20);
            assertEquals(0, port.describe(memory).hostAddress());
            port.release(memory);
            OpenCl.Memory ours = port.createBuffer(1 << 20);
            assertTrue(port.describe(ours).hostAddress() != 0);
            port.release(ours);
        }
        assertAllIsUnmapped();
    }

    /** Address space without memory. */
    private static final class Nowhere implements HostPages {
        private final long address;
        private int mapped;
        private int unmapped;

        Nowhere(long address) {
            this.address = address;
        }

        @Override
        public long pageBytes() {
            return 2 << 20;
        }

        @Override
        public long map(long bytes) {
            mapped++;
            return address;
        }

        @Override
        public void unmap(long from, long bytes) {
            unmapped++;
        }

        @Override
        public void discard(long from, long bytes) {
            throw new AssertionError("nothing was used");
        }

        @Override
        public ByteBuffer at(long from) {
            return ByteBuffer.allocateDirect(1);
        }
    }
}
