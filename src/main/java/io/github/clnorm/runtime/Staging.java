package io.github.clnorm.runtime;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Direct buffers for transfers between Java and devices, each leased to one transfer at a time. Heap arrays would hold the
 * garbage collector for the whole transfer, so they go through these piece by piece. Thread-safe.
 */
final class Staging {

    /** What is transferred at a time. */
    static final int PIECE_BYTES = 4 << 20;

    // All sessions of the process share them.
    private static final int MOST_FREE = 4;
    private static final Deque<ByteBuffer> FREE = new ConcurrentLinkedDeque<>();

    private static final byte[] ZEROS = new byte[1 << 16];

    private Staging() {}

    /** A buffer of {@link #PIECE_BYTES}, with unknown content. */
    static ByteBuffer lease() {
        ByteBuffer free = FREE.pollFirst();
        return free != null ? free : ByteBuffer.allocateDirect(PIECE_BYTES).order(ByteOrder.nativeOrder());
    }

    /** Takes a buffer back that no command uses any more. */
    static void giveBack(ByteBuffer buffer) {
        if (FREE.size() < MOST_FREE) {
            FREE.addFirst(buffer);
        }
    }

    /** The beginning of a buffer, for the next piece of some bytes. */
    static ByteBuffer piece(ByteBuffer buffer, long bytes) {
        return buffer.duplicate().order(ByteOrder.nativeOrder()).clear().limit((int) Math.min(bytes, PIECE_BYTES));
    }

    /** Clears a piece: what a caller does not fill is zero, and not what another transfer left. */
    static void clear(ByteBuffer piece) {
        ByteBuffer target = piece.duplicate();
        while (target.hasRemaining()) {
            target.put(ZEROS, 0, Math.min(ZEROS.length, target.remaining()));
        }
    }
}
