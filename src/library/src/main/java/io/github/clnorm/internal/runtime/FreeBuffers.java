package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import java.util.ArrayList;
import java.util.List;

/**
 * Free list of device memory, reused by exact size. Allocating a buffer takes the driver microseconds, and the page faults of
 * a large one take longer than a kernel. Reuse needs no waiting, since commands run in order. The caller holds the session's
 * lock.
 */
final class FreeBuffers {

    private static final int MOST = 256;

    private record Free(OpenCl.Memory memory, long bytes) {}

    private final OpenCl openCl;
    private final long mostBytes;
    // The most recently freed is last; it may still be in a cache.
    private final List<Free> free = new ArrayList<>();
    private long bytes;

    FreeBuffers(OpenCl openCl, long mostBytes) {
        this.openCl = openCl;
        this.mostBytes = mostBytes;
    }

    /** Memory of exactly that size, or null. A larger buffer would hide writes beyond a tensor's end. */
    OpenCl.Memory take(long size) {
        for (int i = free.size() - 1; i >= 0; i--) {
            if (free.get(i).bytes == size) {
                bytes -= size;
                return free.remove(i).memory;
            }
        }
        return null;
    }

    /** Adds memory, and releases the oldest beyond the limits. */
    void keep(OpenCl.Memory memory, long size) {
        free.add(new Free(memory, size));
        bytes += size;
        while (bytes > mostBytes || free.size() > MOST) {
            Free oldest = free.remove(0);
            bytes -= oldest.bytes;
            openCl.release(oldest.memory);
        }
    }

    /** Bytes in the list. */
    long bytes() {
        return bytes;
    }

    /** Releases everything; throws the first failure at the end. Returns whether the list held anything. */
    boolean release() {
        List<Free> all = List.copyOf(free);
        free.clear();
        bytes = 0;
        RuntimeException first = null;
        for (Free each : all) {
            try {
                openCl.release(each.memory);
            } catch (RuntimeException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
        return !all.isEmpty();
    }
}
