package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.type.Piece;
import java.nio.ByteBuffer;

/**
 * Maps the device's memory, and copies between it and Java's without staging, by several threads. For devices that share the host's memory:
 * elsewhere mapping is a transfer of its own.
 */
final class MappedPieces implements Pieces {

    /** The largest piece: bounds what a driver copies that maps through memory of its own. */
    static final int PIECE_BYTES = 64 << 20;

    private final OpenCl openCl;
    private final Session session;
    private final UnlockedCalls calls;
    private final int pieceBytes;

    MappedPieces(OpenCl openCl, Session session, UnlockedCalls calls, int pieceBytes) {
        this.openCl = openCl;
        this.session = session;
        this.calls = calls;
        this.pieceBytes = pieceBytes;
    }

    @Override
    public void write(Allocation to, Piece source) {
        for (long at = 0; at < to.bytes; at += pieceBytes) {
            long offset = at;
            calls.fill(to, memory -> mapped(memory, offset, to.bytes, OpenCl.Access.OVERWRITE, source));
        }
    }

    @Override
    public void read(Allocation from, Piece target, Unchanged check) {
        for (long at = 0; at < from.bytes; at += pieceBytes) {
            long offset = at;
            calls.read(from, memory -> mapped(memory, offset, from.bytes, OpenCl.Access.READ, target));
            // A write that was enqueued meanwhile may have changed the mapped memory while it was copied.
            check.check(true);
        }
    }

    private void mapped(OpenCl.Memory memory, long at, long end, OpenCl.Access access, Piece work) {
        ByteBuffer mapped = openCl.map(memory, at, Math.min(pieceBytes, end - at), access);
        try {
            SharedWork.run(at, mapped, work);
        } finally {
            session.exclusively(() -> {
                openCl.unmap(memory, mapped);
                openCl.flush();
            });
        }
    }
}
