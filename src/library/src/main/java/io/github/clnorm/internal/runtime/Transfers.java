package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.type.Piece;
import java.lang.ref.Reference;
import java.nio.Buffer;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Fills, copies, reads and writes a session's buffers. Reading and writing block; neither holds the session's lock while it
 * blocks or calls the caller's code. Thread-safe.
 */
public final class Transfers {

    // Up to this size one piece through a direct buffer is fastest. A read of one piece is one command, which no write
    // overtakes.
    private static final int STAGED_BYTES = Staging.PIECE_BYTES;

    private final Session session;
    private final OpenCl openCl;
    private final OpenDevice open;
    private final UnlockedCalls calls;
    private final StagedPieces staged;
    private final AsyncReads reads;
    private final HostMemory memory;
    private long stagedBytes = STAGED_BYTES;
    // Chosen by the first transfer that is not staged: one of these. The session's lock guards them.
    private MappedPieces mapped;
    private PinnedPieces pinned;

    Transfers(Session session, OpenCl openCl, OpenDevice open, HostMemory memory) {
        this.session = session;
        this.openCl = openCl;
        this.open = open;
        this.calls = new UnlockedCalls(session, open);
        this.staged = new StagedPieces(openCl, calls);
        this.memory = memory;
        this.reads = new AsyncReads(session, openCl, open, memory);
    }

    /** Sends tensors of more than some bytes through mapped memory, whatever the device; for tests. */
    void useMapped(int pieceBytes, int beyond) {
        mapped = new MappedPieces(openCl, session, calls, pieceBytes);
        stagedBytes = beyond;
    }

    /** Sends tensors of more than some bytes through pinned memory, whatever the device; for tests. */
    void usePinned(int pieceBytes, int beyond) {
        pinned = new PinnedPieces(openCl, calls, memory, pieceBytes);
        stagedBytes = beyond;
    }

    /** The way for a content that the library itself fills or takes. */
    private Pieces pieces(long bytes) {
        return bytes <= stagedBytes ? staged : session.exclusively(this::chosen);
    }

    /**
     * Whether the library copies a content between Java's memory and the device's by several threads, which is faster than one
     * of the driver.
     *
     * @param bytes the size of the content
     * @return true for large tensors on devices that share the host's memory
     */
    public boolean isByThreads(long bytes) {
        return pieces(bytes) instanceof MappedPieces;
    }

    private Pieces chosen() {
        open.checkOpen();
        if (mapped == null && pinned == null) {
            if (openCl.sharesHostMemory()) {
                mapped = new MappedPieces(openCl, session, calls, MappedPieces.PIECE_BYTES);
            } else {
                pinned = new PinnedPieces(openCl, calls, memory, PinnedPieces.PIECE_BYTES);
            }
        }
        return mapped != null ? mapped : pinned;
    }

    /**
     * Copies to the device, and blocks until that is done. Until then, other commands that use the buffer are rejected.
     *
     * @param buffer the target
     * @param source fills every piece; called without any lock
     * @param ofCaller whether the source is a caller's code: it gets pieces of zeros, in memory that no other transfer uses.
     *     Otherwise it is called by several threads at a time, and the content of what it does not fill is undefined
     * @param by the operation, for messages about the last writer
     * @throws IllegalStateException when another transfer fills the buffer, or it is closed
     */
    public void write(DeviceBuffer buffer, Piece source, boolean ofCaller, String by) {
        filling(buffer, by, to -> {
            Pieces way = pieces(to.bytes);
            if (!ofCaller) {
                way.write(to, source);
            } else if (way instanceof PinnedPieces piped) {
                piped.writeOfCaller(to, source);
            } else {
                staged.writeOfCaller(to, source);
            }
        });
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
     * Copies to the device from memory that the driver can read, and blocks until that is done. Until then, other commands that
     * use the buffer are rejected.
     *
     * @param buffer the target
     * @param source a direct buffer; its remaining elements are the whole content, as they are
     * @param by the operation, for messages about the last writer
     * @throws IllegalStateException when another transfer fills the buffer, or it is closed
     */
    public void write(DeviceBuffer buffer, Buffer source, String by) {
        filling(buffer, by, to -> calls.fill(to, memory -> openCl.write(memory, 0, source)));
    }

    /**
     * Counts a write by Java to a caller's direct buffer, and hands it to the device.
     *
     * @param buffer on that memory
     * @param by the operation, for messages about the last writer
     * @throws IllegalStateException when a transfer fills the buffer, or it is closed
     */
    public void writtenByHost(DeviceBuffer buffer, String by) {
        session.exclusively(() -> {
            open.checkOpen();
            buffer.allocation().memory(session.order());
            buffer.written(by);
        });
    }

    /** A transfer into a buffer. */
    private interface Filling {
        void into(Allocation to);
    }

    private void filling(DeviceBuffer buffer, String by, Filling transfer) {
        Allocation to = buffer.allocation();
        session.exclusively(() -> {
            open.checkOpen();
            AccessChecks.written(to.access(), by, to.bytes);
            AccessChecks.fromHost(to.access(), by, to.bytes);
            to.beginFilling(by, session.order());
        });
        try {
            if (to.bytes > 0) {
                transfer.into(to);
            }
        } finally {
            session.exclusively(to::endFilling);
            Reference.reachabilityFence(buffer);
        }
    }

    /**
     * Copies from the device, after all that is enqueued, and blocks until that is done.
     *
     * @param buffer the source
     * @param target takes every piece; called without any lock
     * @param ofCaller whether the target is a caller's code: it gets pieces in memory that no other transfer uses.
     *     Otherwise it is called by several threads at a time
     * @throws IllegalStateException when the buffer is written before the last piece was read, or it is closed
     */
    public void read(DeviceBuffer buffer, Piece target, boolean ofCaller) {
        Allocation from = buffer.allocation();
        long version = session.exclusively(() -> {
            open.checkOpen();
            AccessChecks.toHost(from.access(), from.bytes);
            return from.version();
        });
        if (from.bytes == 0) {
            return;
        }
        Pieces.Unchanged check = inPieces -> checkUnchanged(from, version, inPieces);
        try {
            Pieces way = pieces(from.bytes);
            if (!ofCaller) {
                way.read(from, target, check);
            } else if (way instanceof PinnedPieces piped) {
                piped.readOfCaller(from, target, check);
            } else {
                staged.readOfCaller(from, target, check);
            }
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
     * Copies a part of a buffer from the device to memory that the driver can write, after all that is enqueued, and blocks until
     * that is done. One command: it sees all writes enqueued before, and none of those after.
     *
     * @param buffer the source
     * @param offset of the first byte
     * @param target a direct buffer; its remaining elements are filled, its position is not changed
     * @throws IllegalStateException when a transfer is filling the buffer, or it is closed
     */
    public void read(DeviceBuffer buffer, long offset, Buffer target) {
        Allocation from = buffer.allocation();
        session.exclusively(() -> AccessChecks.toHost(from.access(), from.bytes));
        try {
            calls.read(from, memory -> openCl.read(memory, offset, target));
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    /**
     * Copies from the device, after all that is enqueued, without blocking. Work that is enqueued later does not change the
     * result, and the buffer may be closed.
     *
     * @param buffer the source, of more than 0 bytes
     * @param result creates the result
     * @param filling the target for a result's pieces; called by several threads at a time, and must not
     *     run a caller's code
     * @param <T> the result's type
     * @return completes on its default executor
     * @throws IllegalStateException when a transfer is filling the buffer, or it is closed
     */
    public <T> CompletableFuture<T> readAsync(DeviceBuffer buffer, Supplier<T> result, Function<T, Piece> filling) {
        return reads.read(buffer, result, filling);
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

    /** A single piece is read by one command, which sees one version, unless another session's queue wrote it meanwhile. */
    private void checkUnchanged(Allocation allocation, long version, boolean inPieces) {
        session.exclusively(() -> {
            boolean mayDiffer = inPieces || allocation.isUsedByOther(session.order());
            if (mayDiffer && allocation.version() != version) {
                throw new IllegalStateException("a tensor of " + allocation.bytes + " bytes was written by "
                        + allocation.lastWriter() + " while it was being read");
            }
        });
    }
}
