package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.MemoryAccess;
import io.github.clnorm.internal.opencl.OpenCl;
import java.lang.ref.Cleaner;
import java.nio.Buffer;

/**
 * Memory of a session on its device. Thread-safe. Closing it twice is a no-op; a buffer that becomes unreachable without
 * being closed is reclaimed, with a warning.
 */
public final class DeviceBuffer implements AutoCloseable {

    private final Session session;
    private final Allocation allocation;
    // Null for memory that the session itself closes.
    private final Cleaner.Cleanable cleanable;

    private DeviceBuffer(Session session, Allocation allocation, boolean reclaimed) {
        this.session = session;
        this.allocation = allocation;
        this.cleanable = reclaimed ? Leaks.register(this, allocation) : null;
    }

    /** A buffer for a caller; reclaimed when it becomes unreachable. */
    static DeviceBuffer reclaimed(Session session, Allocation allocation) {
        return new DeviceBuffer(session, allocation, true);
    }

    /** A buffer of the session itself. */
    static DeviceBuffer kept(Session session, Allocation allocation) {
        return new DeviceBuffer(session, allocation, false);
    }

    /** A buffer without memory, in place of one that is known later. */
    static DeviceBuffer standIn(Session session) {
        return new DeviceBuffer(session, null, false);
    }

    /**
     * The session it belongs to.
     *
     * @return the session
     */
    public Session session() {
        return session;
    }

    /**
     * Its size.
     *
     * @return bytes
     */
    public long bytes() {
        return allocation.bytes;
    }

    Allocation allocation() {
        return allocation;
    }

    /**
     * Rejects a buffer that commands cannot use now.
     *
     * @throws IllegalStateException when it is closed, or a transfer is writing it
     */
    public void requireUsable() {
        session.lock();
        try {
            allocation.usable();
        } finally {
            session.unlock();
        }
    }

    /** The memory for a command of its session, or null for an empty buffer. */
    OpenCl.Memory memory() {
        session.lock();
        try {
            return allocation.memory(session.order());
        } finally {
            session.unlock();
        }
    }

    /**
     * The number of writes by the library so far.
     *
     * @return 0 at first
     */
    public long version() {
        session.lock();
        try {
            return allocation.version();
        } finally {
            session.unlock();
        }
    }

    /**
     * Counts a write. Called in the same {@link Session#exclusively} as the launches that write.
     *
     * @param by the operation, such as {@code Tensor.set}, for messages
     */
    public void written(String by) {
        session.lock();
        try {
            allocation.written(by);
        } finally {
            session.unlock();
        }
    }

    /**
     * The last write.
     *
     * @return the operation and its thread
     */
    public String lastWriter() {
        session.lock();
        try {
            return allocation.lastWriter();
        } finally {
            session.unlock();
        }
    }

    /**
     * What the flags of its memory permit.
     *
     * @return the access; restricted for buffers of callers only
     */
    public MemoryAccess access() {
        return allocation.access();
    }

    /**
     * Rejects a buffer of a caller that transfers to the host cannot read.
     *
     * @throws IllegalArgumentException with the flag that it was created with
     */
    public void requireHostReads() {
        AccessChecks.toHost(allocation.access(), allocation.bytes);
    }

    /** Whether it begins at a multiple of the largest vector's size. Only memory of callers may begin elsewhere. */
    boolean isAligned() {
        return allocation.isAligned();
    }

    /**
     * Its first byte in the buffer that it is a part of.
     *
     * @return bytes; 0 for a buffer that is no part
     */
    public long offset() {
        return allocation.offset();
    }

    /**
     * Whether both are memory of one context that has bytes in common.
     *
     * @param other another buffer
     * @return whether a write to one changes the other
     */
    public boolean overlaps(DeviceBuffer other) {
        return allocation == other.allocation || allocation.overlaps(other.allocation);
    }

    /**
     * Whether both are the same range of the same memory.
     *
     * @param other another buffer
     * @return whether their contents are always equal
     */
    public boolean isSameMemoryAs(DeviceBuffer other) {
        return allocation == other.allocation || allocation.isSameAs(other.allocation);
    }

    /** Removes it from its scope: the caller closes it. */
    public void leaveScope() {
        session.lock();
        try {
            allocation.leaveAnyScope();
        } finally {
            session.unlock();
        }
    }

    /**
     * Whether {@link #close()} was called, here or by the session.
     *
     * @return true when it can no longer be used
     */
    public boolean isClosed() {
        return allocation.isClosed();
    }

    /**
     * Whether its memory is a caller's direct buffer, or a part of it.
     *
     * @return false for memory that OpenCL allocated, and when it is closed
     */
    public boolean isOnHost() {
        return session.exclusively(() -> window() != null);
    }

    /**
     * Whether its memory is exactly this buffer from its position on.
     *
     * @param host any buffer
     * @return false for a part
     */
    public boolean isOn(Buffer host) {
        return session.exclusively(() -> {
            HostWindow window = window();
            return window != null
                    && window.isOn(host)
                    && allocation.offset() == 0
                    && allocation.bytes == allocation.sharedBuffer().bytes;
        });
    }

    private HostWindow window() {
        return allocation.isShared() ? allocation.sharedBuffer().window() : null;
    }

    /** Releases the memory after the commands that are enqueued on it. */
    @Override
    public void close() {
        session.lock();
        try {
            allocation.close();
        } finally {
            session.unlock();
        }
        if (cleanable != null) {
            cleanable.clean();
        }
    }
}
