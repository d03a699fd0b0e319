package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.testing.TestInfo;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Proxy;
import java.util.IdentityHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Memory is kept for reuse within bounds, and is released if an allocation needs it. */
class FreeBuffersTest {

    private static final int MEMORY = 1000;

    private final Map<OpenCl.Memory, Long> taken = new IdentityHashMap<>();
    private final DeviceInfo device =
            TestInfo.with(TestInfo.with(TestInfo.GPU, "globalMemory", 2000L), "maxBuffer", 2000L);

    /** A driver with that much memory, and nothing else. */
    private Session session(int code) {
        return new Session(
                (OpenCl) Proxy.newProxyInstance(
                        OpenCl.class.getClassLoader(), new Class<?>[] {OpenCl.class}, (proxy, method, arguments) -> {
                            if (method.getName().equals("createBuffer")) {
                                if (bytes() + (long) arguments[0] > MEMORY) {
                                    throw new ClException(code, "clCreateBuffer", "a device of " + MEMORY + " bytes");
                                }
                                OpenCl.Memory memory = new OpenCl.Memory(new Object());
                                taken.put(memory, (Long) arguments[0]);
                                return memory;
                            }
                            if (method.getName().equals("release")) {
                                taken.remove(arguments[0]);
                            }
                            return null;
                        }),
                device);
    }

    private long bytes() {
        return taken.values().stream().mapToLong(Long::longValue).sum();
    }

    @Test
    void theNextOneOfTheSameSizeGetsTheLast() {
        try (Session session = session(-4)) {
            DeviceBuffer first = session.allocate(100);
            DeviceBuffer second = session.allocate(100);
            OpenCl.Memory memory = first.memory();
            OpenCl.Memory other = second.memory();
            second.close();
            first.close();
            first.close();
            assertEquals(0, session.openBuffers());
            assertThrows(IllegalStateException.class, first::memory);
            DeviceBuffer smaller = session.allocate(99);
            DeviceBuffer third = session.allocate(100);
            DeviceBuffer fourth = session.allocate(100);
            assertNotSame(memory, smaller.memory());
            assertSame(memory, third.memory());
            assertSame(other, fourth.memory());
            assertEquals(2 * 100 + 99, bytes());
            assertEquals(3, session.openBuffers());
        }
        assertEquals(0, bytes(), "everything is given back in the end");
    }

    @Test
    void aQuarterOfTheMemoryIsKeptAtMost() {
        try (Session session = session(-4)) {
            DeviceBuffer[] buffers = new DeviceBuffer[8];
            for (int i = 0; i < buffers.length; i++) {
                buffers[i] = session.allocate(100 + i);
            }
            for (DeviceBuffer buffer : buffers) {
                buffer.close();
            }
            assertEquals(104 + 105 + 106 + 107, bytes(), "those that were closed last");
            session.trim();
            assertEquals(0, bytes());
        }
    }

    @Test
    void whoNeedsMemoryGetsWhatWasKept() {
        for (int code : new int[] {-4, -6}) {
            try (Session session = session(code)) {
                session.allocate(400).close();
                DeviceBuffer large = session.allocate(900);
                assertEquals(900, bytes());
                ClException e = assertThrows(ClException.class, () -> session.allocate(200));
                assertEquals(code, e.code());
                large.close();
                DeviceBuffer small = session.allocate(200);
                assertEquals(200, small.bytes());
                assertEquals(1, session.openBuffers());
            }
            assertEquals(0, bytes());
        }
    }

    /** The garbage collector has no reason to run when a device's memory is full. */
    @Test
    void whoNeedsMemoryGetsWhatWasForgotten() {
        try (Session session = session(-4)) {
            session.allocate(900);
            DeviceBuffer next = session.allocate(800);
            assertEquals(800, bytes());
            assertEquals(800, next.bytes());
        }
    }

    /** A program that closes what it makes is not stopped for the garbage collector again and again. */
    @Test
    void whatIsClosedIsNotCollected() {
        try (Session session = session(-4)) {
            long before = collections();
            for (int i = 0; i < 200; i++) {
                try (DeviceBuffer first = session.allocate(300);
                        DeviceBuffer second = session.allocate(500)) {
                    assertEquals(800, first.bytes() + second.bytes());
                }
            }
            assertTrue(collections() - before <= 4, collections() - before + " collections");
        }
    }

    private static long collections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionCount)
                .sum();
    }

    @Test
    void manySmallOnesAreBounded() {
        try (Session session = session(-4)) {
            for (int i = 0; i < 2; i++) {
                DeviceBuffer[] buffers = new DeviceBuffer[400];
                for (int j = 0; j < buffers.length; j++) {
                    buffers[j] = session.allocate(1);
                }
                for (DeviceBuffer buffer : buffers) {
                    buffer.close();
                }
                assertEquals(256, bytes());
            }
        }
    }
}
