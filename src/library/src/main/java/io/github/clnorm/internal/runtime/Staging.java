package io.github.clnorm.internal.runtime;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Direct buffers for transfers between Java and devices. Heap arrays would hold the garbage collector for the whole transfer,
 * so they go through these piece by piece. Transfers of the library's own share a pool; a caller's callback gets a buffer that
 * no other transfer has used or will use, whatever the callback does with it. Thread-safe.
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

    // Less than PIECE_BYTES where the process has too little direct memory for it: each try costs half a second.
    private static volatile int large = PIECE_BYTES;

    private static final byte[] ZEROS = new byte[1 << 16];

    private Staging() {}

    /** A buffer for a transfer of some bytes, with unknown content. Where memory is scarce, for a part of them. */
    static ByteBuffer lease(long bytes) {
        boolean isSmall = bytes <= SMALL_BYTES;
        ByteBuffer free = (isSmall ? SMALL_FREE : FREE).pollFirst();
        return free != null ? free : allocate(isSmall ? SMALL_BYTES : large, bytes);
    }

    /** A buffer that is not shared with any other transfer, all zero. */
    static ByteBuffer own(long bytes) {
        return allocate((int) Math.min(bytes, large), bytes);
    }

    private static ByteBuffer allocate(int capacity, long needed) {
        for (int smaller = capacity; ; smaller /= 2) {
            try {
                return ByteBuffer.allocateDirect(smaller).order(ByteOrder.nativeOrder());
            } catch (OutOfMemoryError e) {
                // -XX:MaxDirectMemorySize, by default as much as the heap: smaller pieces do, too.
                if (smaller <= Math.min(needed, Long.BYTES)) {
                    throw e;
                }
                large = Math.min(large, Math.max(SMALL_BYTES, smaller / 2));
            }
        }
    }

    /** Takes a leased buffer back that no command uses any more. */
    static void giveBack(ByteBuffer buffer) {
        if (buffer.capacity() > SMALL_BYTES && FREE.size() < MOST_FREE) {
            FREE.addFirst(buffer);
        } else if (buffer.capacity() == SMALL_BYTES && SMALL_FREE.size() < MOST_SMALL_FREE) {
            SMALL_FREE.addFirst(buffer);
        }
    }

    /** The beginning of a buffer, as a buffer of its own that has no more than that. */
    static ByteBuffer piece(ByteBuffer buffer, long bytes) {
        return buffer.slice(0, (int) Math.min(bytes, buffer.capacity())).order(ByteOrder.nativeOrder());
    }

    /** Clears a piece: what a caller does not fill is zero. */
    static void clear(ByteBuffer piece) {
        ByteBuffer target = piece.duplicate();
        while (target.hasRemaining()) {
            target.put(ZEROS, 0, Math.min(ZEROS.length, target.remaining()));
        }
    }
}
