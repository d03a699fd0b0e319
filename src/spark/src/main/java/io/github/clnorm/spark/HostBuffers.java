package io.github.clnorm.spark;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Direct buffers that tasks of this process use one after the other, since Java zeroes each new one and frees it late. They
 * begin at a page, so that integrated GPUs can work on them. Thread-safe.
 */
final class HostBuffers {
    private static final int PAGE_BYTES = 4096;
    private static final List<ByteBuffer> FREE = new ArrayList<>();

    private HostBuffers() {}

    /** A buffer in native byte order of at least the given number of bytes. Its content is undefined. */
    static ByteBuffer take(int bytes) {
        synchronized (FREE) {
            Optional<ByteBuffer> smallest = FREE.stream()
                    .filter(buffer -> buffer.capacity() >= bytes)
                    .min(Comparator.comparingInt(ByteBuffer::capacity));
            if (smallest.isPresent()) {
                FREE.removeIf(free -> free == smallest.get());
                return smallest.get().clear();
            }
            // Another job left them. Java frees them when the new one needs their memory.
            FREE.clear();
        }
        // alignedSlice cuts both ends. A slice has the byte order of Java, big-endian.
        return allocate(Math.addExact(bytes, 2 * PAGE_BYTES), ByteBuffer::allocateDirect)
                .alignedSlice(PAGE_BYTES)
                .order(ByteOrder.nativeOrder());
    }

    /** @throws IllegalStateException if there is no memory: Spark ends an executor for an OutOfMemoryError */
    static ByteBuffer allocate(int bytes, IntFunction<ByteBuffer> allocator) {
        try {
            return allocator.apply(bytes);
        } catch (OutOfMemoryError e) {
            throw new IllegalStateException(
                    "no memory for a batch of " + bytes + " bytes outside the heap (" + e.getMessage()
                            + "). Each task has two batches: lower batchBytes(…) or batch(…), or raise"
                            + " -XX:MaxDirectMemorySize, which is the size of the heap unless set,"
                            + " in spark.executor.extraJavaOptions",
                    e);
        }
    }

    /** Leaves the free buffers to the collector. */
    static void clear() {
        synchronized (FREE) {
            FREE.clear();
        }
    }

    /** Takes a buffer back that no device uses. */
    static void give(ByteBuffer buffer) {
        synchronized (FREE) {
            // ByteBuffer.equals compares content.
            if (FREE.stream().noneMatch(free -> free == buffer)) {
                FREE.add(buffer);
            }
        }
    }
}
