package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.type.Piece;
import java.nio.ByteBuffer;

/** One piece after the other through a direct buffer. The fastest way for small tensors. */
final class StagedPieces implements Pieces {

    private final OpenCl openCl;
    private final UnlockedCalls calls;

    StagedPieces(OpenCl openCl, UnlockedCalls calls) {
        this.openCl = openCl;
        this.calls = calls;
    }

    @Override
    public void write(Allocation to, Piece source) {
        ByteBuffer staging = Staging.lease(to.bytes);
        for (long at = 0; at < to.bytes; at += staging.capacity()) {
            write(to, at, Staging.piece(staging, to.bytes - at), source);
        }
        // Not after a failure: a command may still use it.
        Staging.giveBack(staging);
    }

    /** The same for a caller's code: it gets pieces of zeros, in memory that no other transfer uses. */
    void writeOfCaller(Allocation to, Piece source) {
        ByteBuffer own = Staging.own(to.bytes);
        for (long at = 0; at < to.bytes; at += own.capacity()) {
            ByteBuffer piece = Staging.piece(own, to.bytes - at);
            if (at > 0) {
                Staging.clear(piece);
            }
            write(to, at, piece, source);
        }
    }

    private void write(Allocation to, long at, ByteBuffer piece, Piece source) {
        source.at(at, piece.duplicate().order(piece.order()));
        calls.fill(to, memory -> openCl.write(memory, at, piece));
    }

    @Override
    public void read(Allocation from, Piece target, Unchanged check) {
        ByteBuffer staging = Staging.lease(from.bytes);
        read(from, staging, target, check);
        Staging.giveBack(staging);
    }

    /** The same for a caller's code: it gets memory that no other transfer uses. */
    void readOfCaller(Allocation from, Piece target, Unchanged check) {
        read(from, Staging.own(from.bytes), target, check);
    }

    private void read(Allocation from, ByteBuffer staging, Piece target, Unchanged check) {
        for (long at = 0; at < from.bytes; at += staging.capacity()) {
            long offset = at;
            ByteBuffer piece = Staging.piece(staging, from.bytes - at);
            calls.read(from, memory -> openCl.read(memory, offset, piece));
            check.check(from.bytes > piece.capacity());
            target.at(at, piece);
        }
    }
}
