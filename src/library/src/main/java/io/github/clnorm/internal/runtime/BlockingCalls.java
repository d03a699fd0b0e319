package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import java.lang.ref.Reference;
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

    /**
     * Copies to the device piece by piece. Meanwhile other commands that use the memory are rejected.
     *
     * @param ofCaller whether the source is a caller's code: it gets pieces of zeros, in memory of its own
     */
    void write(DeviceBuffer buffer, Session.Piece source, boolean ofCaller, String by) {
        Allocation to = buffer.allocation();
        session.exclusively(() -> {
            session.checkOpen();
            to.beginFilling(by);
            return null;
        });
        try {
            boolean[] isUsed = new boolean[1];
            staged(to.bytes, ofCaller, (at, piece) -> {
                if (ofCaller && isUsed[0]) {
                    Staging.clear(piece);
                }
                isUsed[0] = true;
                source.at(at, piece.duplicate().order(piece.order()));
                blocking(to, to::pinForFilling, memory -> openCl.write(memory, at, piece));
            });
        } finally {
            session.exclusively(() -> {
                to.endFilling();
                return null;
            });
            Reference.reachabilityFence(buffer);
        }
    }

    /**
     * Copies from the device piece by piece, all of one version.
     *
     * @param ofCaller whether the target is a caller's code: it gets pieces in memory of its own
     */
    void read(DeviceBuffer buffer, Session.Piece target, boolean ofCaller) {
        Allocation from = buffer.allocation();
        long version = session.exclusively(() -> {
            session.checkOpen();
            return from.version();
        });
        try {
            staged(from.bytes, ofCaller, (at, piece) -> {
                blocking(from, from::pin, memory -> openCl.read(memory, at, piece));
                // One piece is read by one command, which sees one version, whichever.
                if (from.bytes > piece.capacity()) {
                    checkUnchanged(from, version);
                }
                target.at(at, piece);
            });
        } finally {
            // The memory of a tensor that the program drops meanwhile must not be reclaimed between two pieces.
            Reference.reachabilityFence(buffer);
        }
    }

    /** Copies a part from the device. */
    void read(DeviceBuffer buffer, long offset, ByteBuffer target) {
        Allocation from = buffer.allocation();
        try {
            blocking(from, from::pin, memory -> openCl.read(memory, offset, target));
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    /** Calls something with each piece of a content, in a staging buffer. */
    private static void staged(long bytes, boolean ofCaller, Session.Piece each) {
        if (bytes == 0) {
            return;
        }
        ByteBuffer staging = ofCaller ? Staging.own(bytes) : Staging.lease(bytes);
        for (long at = 0; at < bytes; at += staging.capacity()) {
            each.at(at, Staging.piece(staging, bytes - at));
        }
        // Not after a failure: a command may still use it.
        if (!ofCaller) {
            Staging.giveBack(staging);
        }
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
