package io.github.clnorm.internal.runtime;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Direct buffers for transfers between Java and devices. Heap arrays would block the garbage collector for the whole
 * transfer, so they are copied through these buffers piece by piece. The library's own transfers share a free list. A caller's
 * callback gets a buffer of its own, since it might keep a reference to it. Thread-safe.
 */
final class Staging {

    /** The largest piece. */
    static final int PIECE_BYTES = 4 << 20;

    private static final int SMALL_BYTES = 1 << 16;
    // All sessions of the process share them.
    private static final int MOST_FREE = 4;
    private static final int MOST_SMALL_FREE = 16;
    private static final Deque<ByteBuffer> FREE = new ConcurrentLinkedDeque<>();
    private static final Deque<ByteBuffer> SMALL_FREE = new ConcurrentLinkedDeque<>();

    // Less than PIECE_BYTES once that could not be allocated: each failing allocation takes half a second.
    private static volatile int large = PIECE_BYTES;

    private static final byte[] ZEROS = new byte[1 << 16];

    private Staging() {}

    /** A buffer with undefined content for a transfer; smaller than the transfer if direct memory is scarce. */
    static ByteBuffer lease(long bytes) {
        boolean isSmall = bytes <= SMALL_BYTES;
        ByteBuffer free = (isSmall ? SMALL_FREE : FREE).pollFirst();
        return free != null ? free : allocate(isSmall ? SMALL_BYTES : large, bytes);
    }

    /** A buffer of zeros that no other transfer uses. */
    static ByteBuffer own(long bytes) {
        return allocate((int) Math.min(bytes, large), bytes);
    }

    private static ByteBuffer allocate(int capacity, long needed) {
        for (int smaller = capacity; ; smaller /= 2) {
            try {
                return ByteBuffer.allocateDirect(smaller).order(ByteOrder.nativeOrder());
            } catch (OutOfMemoryError e) {
                // -XX:MaxDirectMemorySize, which is the heap's size by default: try smaller pieces.
                if (smaller <= Math.min(needed, Long.BYTES)) {
                    throw e;
                }
                large = Math.min(large, Math.max(SMALL_BYTES, smaller / 2));
            }
        }
    }

    /** Takes back a leased buffer. No command may use it any more. */
    static void giveBack(ByteBuffer buffer) {
        if (buffer.capacity() > SMALL_BYTES && FREE.size() < MOST_FREE) {
            FREE.addFirst(buffer);
        } else if (buffer.capacity() == SMALL_BYTES && SMALL_FREE.size() < MOST_SMALL_FREE) {
            SMALL_FREE.addFirst(buffer);
        }
    }

    /** The first bytes of a buffer, as a buffer of its own with that capacity. */
    static ByteBuffer piece(ByteBuffer buffer, long bytes) {
        return buffer.slice(0, (int) Math.min(bytes, buffer.capacity())).order(ByteOrder.nativeOrder());
    }

    /** Sets a piece to zeros. */
    static void clear(ByteBuffer piece) {
        ByteBuffer target = piece.duplicate();
        while (target.hasRemaining()) {
            target.put(ZEROS, 0, Math.min(ZEROS.length, target.remaining()));
        }
    }
}
