package io.github.clnorm.runtime;

import io.github.clnorm.runtime.opencl.OpenCl;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A session's calls that block: transfers between Java and the device, and waiting for it. None holds the session's lock while
 * it blocks or calls a caller's code. Thread-safe.
 */
final class BlockingCalls {

    private final Session session;
    private final OpenCl openCl;
    private final OpenDevice open;

    BlockingCalls(Session session, OpenCl openCl, OpenDevice open) {
        this.session = session;
        this.openCl = openCl;
        this.open = open;
    }

    /** Copies to the device piece by piece. Meanwhile other commands that use the memory are rejected. */
    void write(Allocation to, Session.Piece source, boolean clears, String by) {
        session.exclusively(() -> {
            session.checkOpen();
            to.beginFilling(by);
            return null;
        });
        try {
            staged(to.bytes, (at, piece) -> {
                if (clears) {
                    Staging.clear(piece);
                }
                source.at(at, piece.duplicate().order(piece.order()));
                blocking(to, to::pinForFilling, memory -> openCl.write(memory, at, piece));
            });
        } finally {
            session.exclusively(() -> {
                to.endFilling();
                return null;
            });
        }
    }

    /** Copies from the device piece by piece, all of one version. */
    void read(Allocation from, Session.Piece target) {
        long version = session.exclusively(() -> {
            session.checkOpen();
            return from.version();
        });
        staged(from.bytes, (at, piece) -> {
            read(from, at, piece);
            // One piece is read by one command, which sees one version, whichever.
            if (from.bytes > Staging.PIECE_BYTES) {
                checkUnchanged(from, version);
            }
            target.at(at, piece);
        });
    }

    /** Copies a part from the device. */
    void read(Allocation from, long offset, ByteBuffer target) {
        blocking(from, from::pin, memory -> openCl.read(memory, offset, target));
    }

    /** Calls something with each piece of a content, in a staging buffer. */
    private static void staged(long bytes, Session.Piece each) {
        ByteBuffer staging = Staging.lease();
        for (long at = 0; at < bytes; at += Staging.PIECE_BYTES) {
            each.at(at, Staging.piece(staging, bytes - at));
        }
        // Not after a failure: a command may still use it.
        Staging.giveBack(staging);
    }

    private void checkUnchanged(Allocation allocation, long version) {
        session.exclusively(() -> {
            if (allocation.version() != version) {
                throw new IllegalStateException("a tensor of " + allocation.bytes + " bytes was written by "
                        + allocation.lastWriter() + " while it was being read");
            }
            return null;
        });
    }

    /** Blocks until everything enqueued is done. */
    void finish() {
        session.exclusively(() -> {
            session.checkOpen();
            open.enter();
            return null;
        });
        try {
            NativeCalls.block(openCl::finish);
        } finally {
            session.exclusively(() -> {
                open.leave();
                return null;
            });
        }
    }

    /** A native call that uses memory and blocks, outside the lock. */
    private void blocking(Allocation allocation, Supplier<OpenCl.Memory> pin, Consumer<OpenCl.Memory> call) {
        OpenCl.Memory pinned = session.exclusively(() -> {
            session.checkOpen();
            OpenCl.Memory memory = pin.get();
            open.enter();
            return memory;
        });
        try {
            NativeCalls.block(() -> call.accept(pinned));
        } finally {
            session.exclusively(() -> {
                open.leave();
                allocation.unpin();
                return null;
            });
        }
    }
}
