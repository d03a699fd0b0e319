package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.type.Piece;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Fills, copies, reads and writes a session's buffers. Reading and writing block; neither holds the session's lock while it
 * blocks or calls the caller's code. Thread-safe.
 */
public final class Transfers {

    private final Session session;
    private final OpenCl openCl;
    private final OpenDevice open;

    Transfers(Session session, OpenCl openCl, OpenDevice open) {
        this.session = session;
        this.openCl = openCl;
        this.open = open;
    }

    /**
     * Copies to the device, and blocks until that is done. Until then, other commands that use the buffer are rejected.
     *
     * @param buffer the target
     * @param source fills every piece; called without any lock
     * @param ofCaller whether the source is a caller's code: it gets pieces of zeros, in memory that no other transfer uses.
     *     Otherwise the content of what it does not fill is undefined
     * @param by the operation, for messages about the last writer
     * @throws IllegalStateException when another transfer fills the buffer, or it is closed
     */
    public void write(DeviceBuffer buffer, Piece source, boolean ofCaller, String by) {
        Allocation to = buffer.allocation();
        session.exclusively(() -> {
            open.checkOpen();
            AccessChecks.written(to.access(), by, to.bytes);
            AccessChecks.fromHost(to.access(), by, to.bytes);
            to.beginFilling(by, session.order());
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
            session.exclusively(to::endFilling);
            Reference.reachabilityFence(buffer);
        }
    }

    /**
     * Copies to the device from a caller's code, and blocks until that is done.
     *
     * @param buffer the target
     * @param source fills every piece; called without any lock
     * @throws IllegalStateException when another transfer fills the buffer, or it is closed
     */
    public void write(DeviceBuffer buffer, Piece source) {
        write(buffer, source, true, "a transfer");
    }

    /**
     * Copies from the device, after all that is enqueued, and blocks until that is done.
     *
     * @param buffer the source
     * @param target takes every piece; called without any lock
     * @param ofCaller whether the target is a caller's code: it gets pieces in memory that no other transfer uses
     * @throws IllegalStateException when the buffer is written before the last piece was read, or it is closed
     */
    public void read(DeviceBuffer buffer, Piece target, boolean ofCaller) {
        Allocation from = buffer.allocation();
        long version = session.exclusively(() -> {
            open.checkOpen();
            AccessChecks.toHost(from.access(), from.bytes);
            return from.version();
        });
        try {
            staged(from.bytes, ofCaller, (at, piece) -> {
                blocking(from, () -> from.pin(session.order()), memory -> openCl.read(memory, at, piece));
                checkUnchanged(from, version, from.bytes > piece.capacity());
                target.at(at, piece);
            });
        } finally {
            // A buffer that becomes unreachable during the transfer must not be reclaimed between two pieces.
            Reference.reachabilityFence(buffer);
        }
    }

    /**
     * Copies from the device to a caller's code, after all that is enqueued, and blocks until that is done.
     *
     * @param buffer the source
     * @param target takes every piece; called without any lock
     * @throws IllegalStateException when the buffer is written before the last piece was read, or it is closed
     */
    public void read(DeviceBuffer buffer, Piece target) {
        read(buffer, target, true);
    }

    /**
     * Copies a part of a buffer from the device, after all that is enqueued, and blocks until that is done.
     *
     * @param buffer the source
     * @param offset of the first byte
     * @param target a direct buffer; its remaining bytes are filled, its position is not changed
     * @throws IllegalStateException when a transfer is filling the buffer, or it is closed
     */
    public void read(DeviceBuffer buffer, long offset, ByteBuffer target) {
        Allocation from = buffer.allocation();
        session.exclusively(() -> AccessChecks.toHost(from.access(), from.bytes));
        try {
            blocking(from, () -> from.pin(session.order()), memory -> openCl.read(memory, offset, target));
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    /**
     * Sets all elements of a buffer. Asynchronous: enqueued, and sent to the device.
     *
     * @param buffer the target
     * @param element the bytes of one element, in the device's byte order: 1, 2, 4 or 8
     * @param by the operation, for messages about the last writer
     */
    public void fill(DeviceBuffer buffer, byte[] element, String by) {
        session.exclusively(() -> {
            open.checkOpen();
            AccessChecks.written(buffer.access(), by, buffer.bytes());
            OpenCl.Memory target = buffer.allocation().memory(session.order());
            buffer.written(by);
            if (buffer.bytes() > 0) {
                openCl.fill(target, element, buffer.bytes());
                openCl.flush();
            }
        });
    }

    /**
     * Copies between buffers of one size in this context. Asynchronous: enqueued, and sent to the device.
     *
     * @param from the source
     * @param to the target
     * @param by the operation, for messages about the last writer
     */
    public void copy(DeviceBuffer from, DeviceBuffer to, String by) {
        session.exclusively(() -> {
            open.checkOpen();
            AccessChecks.written(to.access(), by, to.bytes());
            OpenCl.Memory source = from.allocation().memory(session.order());
            OpenCl.Memory target = to.allocation().memory(session.order());
            to.written(by);
            if (from.bytes() > 0) {
                openCl.copy(source, target, from.bytes());
                openCl.flush();
            }
        });
    }

    /** Calls a function with each piece of a content, in a staging buffer. */
    private static void staged(long bytes, boolean ofCaller, Piece each) {
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

    /**
     * A single piece is read by one command, which sees one version, unless another session's queue wrote it meanwhile.
     */
    private void checkUnchanged(Allocation allocation, long version, boolean hasPieces) {
        session.exclusively(() -> {
            boolean mayDiffer = hasPieces || allocation.isUsedByOther(session.order());
            if (mayDiffer && allocation.version() != version) {
                throw new IllegalStateException("a tensor of " + allocation.bytes + " bytes was written by "
                        + allocation.lastWriter() + " while it was being read");
            }
        });
    }

    /** A native call that uses memory and blocks, without the lock. */
    private void blocking(Allocation allocation, Supplier<OpenCl.Memory> pin, Consumer<OpenCl.Memory> call) {
        OpenCl.Memory pinned = session.exclusively(() -> {
            open.checkOpen();
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
            });
        }
    }
}
