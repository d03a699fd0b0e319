package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import java.lang.ref.Cleaner;

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
        memory();
    }

    /** The memory, or null for an empty buffer. */
    OpenCl.Memory memory() {
        session.lock();
        try {
            return allocation.memory();
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
