package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.type.Piece;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Copies through pinned host memory with two pieces in flight: while the bus moves one, Java copies or converts the other. For
 * devices with memory of their own, whose drivers move pinned memory at the bus's full rate.
 *
 * <p>The first transfer allocates the memory and maps it once. Transfers at the same time have memory of their own; that of one is
 * kept.
 */
final class PinnedPieces implements Pieces {

    /** The size of a piece: handing it to the other thread takes microseconds, its transfer hundreds. */
    static final int PIECE_BYTES = 8 << 20;

    private static final int IN_FLIGHT = 2;
    private static final int FIRST = 0;
    private static final int SECOND = 1;
    private final OpenCl openCl;
    private final UnlockedCalls calls;
    private final HostMemory memory;
    private final int pieceBytes;

    PinnedPieces(OpenCl openCl, UnlockedCalls calls, HostMemory memory, int pieceBytes) {
        this.openCl = openCl;
        this.memory = memory;
        this.calls = calls;
        this.pieceBytes = pieceBytes;
    }

    @Override
    public void write(Allocation to, Piece source) {
        fill(to, (at, slot) -> touch(() -> source.at(at, slot)));
    }

    /** The same for a caller's code: it gets pieces of zeros, in memory that no other transfer uses. */
    void writeOfCaller(Allocation to, Piece source) {
        ByteBuffer own = Staging.own(Math.min(to.bytes, pieceBytes));
        fill(to, (at, slot) -> {
            for (int done = 0; done < slot.capacity(); done += own.capacity()) {
                ByteBuffer piece = Staging.piece(own, slot.capacity() - done);
                if (at + done > 0) {
                    Staging.clear(piece);
                }
                source.at(at + done, piece.duplicate().order(piece.order()));
                int from = done;
                touch(() -> slot.slice(from, piece.capacity()).put(piece));
            }
        });
    }

    private void fill(Allocation to, Piece stage) {
        piped(to.bytes, FIRST, stage, (at, slot) -> calls.fill(to, memory -> openCl.write(memory, at, slot)));
    }

    @Override
    public void read(Allocation from, Piece target, Unchanged check) {
        empty(from, check, (at, slot) -> touch(() -> target.at(at, slot)));
    }

    /** The same for a caller's code: it gets memory that no other transfer uses. */
    void readOfCaller(Allocation from, Piece target, Unchanged check) {
        ByteBuffer own = Staging.own(Math.min(from.bytes, pieceBytes));
        empty(from, check, (at, slot) -> {
            for (int done = 0; done < slot.capacity(); done += own.capacity()) {
                ByteBuffer piece = Staging.piece(own, slot.capacity() - done);
                int to = done;
                touch(() -> piece.duplicate().put(slot.slice(to, piece.capacity())));
                target.at(at + done, piece);
            }
        });
    }

    private void empty(Allocation from, Unchanged check, Piece stage) {
        piped(
                from.bytes,
                SECOND,
                (at, slot) -> {
                    calls.read(from, memory -> openCl.read(memory, at, slot));
                    check.check(true);
                },
                stage);
    }

    /** Work on a slot: a session that is closed waits for it before it releases the slot's memory. */
    private void touch(Runnable work) {
        calls.run(work);
    }

    /** Passes a content through two stages; the caller's thread runs one of them. */
    private void piped(long bytes, int here, Piece first, Piece second) {
        HostMemory.Pinned pinned = calls.locked(() -> memory.lease((long) IN_FLIGHT * pieceBytes));
        try {
            calls.run(() -> pinned.mapped(openCl));
            Pipeline.run(
                    (bytes + pieceBytes - 1) / pieceBytes,
                    IN_FLIGHT,
                    here,
                    (piece, slot) -> first.at(piece * pieceBytes, slot(pinned, slot, bytes - piece * pieceBytes)),
                    (piece, slot) -> second.at(piece * pieceBytes, slot(pinned, slot, bytes - piece * pieceBytes)));
        } finally {
            calls.evenIfClosed(() -> memory.giveBack(pinned));
        }
    }

    private ByteBuffer slot(HostMemory.Pinned pinned, int slot, long left) {
        return pinned.mapped(openCl)
                .slice(slot * pieceBytes, (int) Math.min(pieceBytes, left))
                .order(ByteOrder.nativeOrder());
    }
}
