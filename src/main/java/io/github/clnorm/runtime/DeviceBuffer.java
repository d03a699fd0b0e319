package io.github.clnorm.runtime;

import io.github.clnorm.runtime.opencl.OpenCl;

/** Memory of a session on its device. Closing it twice does nothing the second time. */
public final class DeviceBuffer implements AutoCloseable {

    private final Session session;
    private final long bytes;
    private OpenCl.Memory memory;

    DeviceBuffer(Session session, OpenCl.Memory memory, long bytes) {
        this.session = session;
        this.memory = memory;
        this.bytes = bytes;
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
        return bytes;
    }

    /** The memory, or null for an empty buffer. */
    OpenCl.Memory memory() {
        synchronized (session) {
            if (memory == null && bytes > 0) {
                throw new IllegalStateException("the buffer is closed");
            }
            return memory;
        }
    }

    /**
     * Whether {@link #close()} was called, here or by the session.
     *
     * @return true when it can no longer be used
     */
    public boolean isClosed() {
        synchronized (session) {
            return session.isClosed() || (memory == null && bytes > 0);
        }
    }

    /** Gives the memory back, after the work that is enqueued on it. */
    @Override
    public void close() {
        synchronized (session) {
            if (memory != null) {
                OpenCl.Memory released = memory;
                memory = null;
                session.release(this, released);
            }
        }
    }
}
