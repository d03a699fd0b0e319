package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Pinned host memory of a session's transfers. Like {@link OpenDevice}, it does not refer to the session. The caller holds the
 * session's lock.
 */
final class HostMemory {

    // Allocating pinned memory, and its page faults, take longer than a transfer. Backend.trim() releases it.
    private static final long MOST_FREE_BYTES = 256 << 20;
    private static final int MOST_FREE = 1;

    /** Memory that stays mapped while it is kept. */
    static final class Pinned {
        private final OpenCl.Memory memory;
        private final long bytes;
        private ByteBuffer mapped;

        private Pinned(OpenCl.Memory memory, long bytes) {
            this.memory = memory;
            this.bytes = bytes;
        }

        /** The memory. The first call blocks until it is mapped, and is made without the session's lock. */
        ByteBuffer mapped(OpenCl openCl) {
            if (mapped == null) {
                mapped = openCl.map(memory, 0, bytes, OpenCl.Access.READ_AND_WRITE);
            }
            return mapped;
        }
    }

    private final OpenCl openCl;
    private final FreeBuffers buffers;
    private final Deque<Pinned> free = new ArrayDeque<>();
    private final Set<Pinned> allocated = Collections.newSetFromMap(new IdentityHashMap<>());

    HostMemory(OpenCl openCl) {
        this.openCl = openCl;
        this.buffers = new FreeBuffers(openCl, MOST_FREE_BYTES);
    }

    /** A buffer that is not mapped. */
    OpenCl.Memory take(long bytes) {
        OpenCl.Memory kept = buffers.take(bytes);
        return kept != null ? kept : openCl.createPinnedBuffer(bytes);
    }

    /** Takes a buffer back, unmapped. */
    void keep(OpenCl.Memory memory, long bytes) {
        buffers.keep(memory, bytes);
    }

    /** Mapped memory for one transfer. */
    Pinned lease(long bytes) {
        Pinned kept = free.pollFirst();
        if (kept != null && kept.bytes == bytes) {
            return kept;
        }
        if (kept != null) {
            release(kept);
        }
        Pinned pinned = new Pinned(openCl.createPinnedBuffer(bytes), bytes);
        allocated.add(pinned);
        return pinned;
    }

    /** Takes mapped memory back. No-op if it was released by closing the session. */
    void giveBack(Pinned pinned) {
        if (allocated.contains(pinned) && free.size() < MOST_FREE) {
            free.addFirst(pinned);
        } else {
            release(pinned);
        }
    }

    private void release(Pinned pinned) {
        if (allocated.remove(pinned)) {
            if (pinned.mapped != null) {
                openCl.unmap(pinned.memory, pinned.mapped);
            }
            openCl.release(pinned.memory);
        }
    }

    /** Releases what no transfer uses. */
    void trim() {
        buffers.release();
        for (Pinned pinned = free.pollFirst(); pinned != null; pinned = free.pollFirst()) {
            release(pinned);
        }
    }

    /** Releases everything. */
    void close() {
        free.clear();
        List.copyOf(allocated).forEach(this::release);
        buffers.release();
    }
}
