package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import java.util.ArrayList;
import java.util.List;

/**
 * Free list of device memory, reused by exact size. Drivers take microseconds to allocate a buffer, and the
 * system a multiple of a kernel's time to bring in the pages of a large one. Commands run in order: what is enqueued on a
 * buffer is done before anything that its next owner enqueues. The caller holds the session's lock.
 */
final class FreeBuffers {

    private static final int MOST = 256;

    private record Free(OpenCl.Memory memory, long bytes) {}

    private final OpenCl openCl;
    private final long mostBytes;
    // The last to become free is at the end, and still in some cache.
    private final List<Free> free = new ArrayList<>();
    private long bytes;

    FreeBuffers(OpenCl openCl, long mostBytes) {
        this.openCl = openCl;
        this.mostBytes = mostBytes;
    }

    /** Memory of exactly that size, or null: there must be no room behind a tensor in which a stray write is not noticed. */
    OpenCl.Memory take(long size) {
        for (int i = free.size() - 1; i >= 0; i--) {
            if (free.get(i).bytes == size) {
                bytes -= size;
                return free.remove(i).memory;
            }
        }
        return null;
    }

    /** Keeps memory, and gives back what has been free for longest where that is too much. */
    void keep(OpenCl.Memory memory, long size) {
        free.add(new Free(memory, size));
        bytes += size;
        while (bytes > mostBytes || free.size() > MOST) {
            Free oldest = free.remove(0);
            bytes -= oldest.bytes;
            openCl.release(oldest.memory);
        }
    }

    /** How much is free. */
    long bytes() {
        return bytes;
    }

    /** Gives everything back; the first failure is thrown at the end. Whether there was anything. */
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
