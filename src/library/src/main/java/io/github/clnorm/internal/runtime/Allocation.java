package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;

/**
 * The memory behind a {@link DeviceBuffer}. It refers to no buffer and no session, so that a buffer can become unreachable
 * while its memory is still allocated: {@link #run} then reclaims the memory.
 *
 * <p>The session's lock guards all fields but {@link #closed}, which may be read without it.
 */
final class Allocation implements Runnable {

    private final DeviceMemory owner;
    final long bytes;
    // Null for no bytes, and when closed.
    private OpenCl.Memory memory;
    private volatile boolean closed;
    // Null unless -Dclnorm.leaks=on.
    private final Throwable site;

    private long version;
    private String writer;
    private String writerThread;
    // The thread whose transfer is filling the memory, or null.
    private Thread filler;
    // Native calls that use the memory without the lock.
    private int pins;
    // The scope that will close it, or null.
    private volatile ScopeMembers scope;

    Allocation(DeviceMemory owner, OpenCl.Memory memory, long bytes, Throwable site) {
        this.owner = owner;
        this.memory = memory;
        this.bytes = bytes;
        this.site = site;
    }

    /** The memory for a command, or null for no bytes. */
    OpenCl.Memory memory() {
        requireOpen();
        if (filler != null) {
            throw new IllegalStateException(
                    filler == Thread.currentThread()
                            ? "a tensor of " + bytes + " bytes was used in the callback that is writing it"
                            : "a tensor of " + bytes + " bytes is being written by a transfer of thread "
                                    + filler.getName());
        }
        return memory;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("a tensor of " + bytes + " bytes is closed");
        }
    }

    boolean isClosed() {
        return closed;
    }

    /** Begins a transfer into the memory. Until {@link #endFilling}, other commands that use it are rejected. */
    void beginFilling(String by) {
        memory();
        filler = Thread.currentThread();
        written(by);
    }

    void endFilling() {
        filler = null;
    }

    /** Keeps the memory allocated while a native call reads it without the lock, even if another thread closes it. */
    OpenCl.Memory pin() {
        OpenCl.Memory pinned = memory();
        pins++;
        return pinned;
    }

    /** As {@link #pin}, for the transfer that fills it. */
    OpenCl.Memory pinForFilling() {
        requireOpen();
        pins++;
        return memory;
    }

    void unpin() {
        pins--;
        if (pins == 0 && closed) {
            giveBack();
        }
    }

    long version() {
        return version;
    }

    void written(String by) {
        version++;
        writer = by;
        writerThread = Thread.currentThread().getName();
    }

    /** The operation that wrote the memory last, and its thread. */
    String lastWriter() {
        return writer == null ? "nothing" : writer + " on thread " + writerThread;
    }

    void enter(ScopeMembers members) {
        scope = members;
        members.add(this);
    }

    /** Removes it from its scope, if it is in one. */
    void leaveAnyScope() {
        leaveScope();
    }

    /** Leaves a scope; returns whether it was in it. */
    boolean leaveScope(ScopeMembers members) {
        if (scope != members) {
            return false;
        }
        leaveScope();
        return true;
    }

    private void leaveScope() {
        if (scope != null) {
            scope.remove(this);
            scope = null;
        }
    }

    void close() {
        if (closed) {
            return;
        }
        closed = true;
        leaveScope();
        owner.closed(this);
        if (pins == 0) {
            giveBack();
        }
    }

    private void giveBack() {
        OpenCl.Memory released = memory;
        memory = null;
        if (released != null) {
            owner.keep(released, bytes);
        }
    }

    /** Called when the buffer is unreachable. No-op when it was closed. */
    @Override
    public void run() {
        if (!closed) {
            // An open scope would have closed it: no leak.
            boolean expected = scope != null;
            owner.forgotten(this);
            if (!expected) {
                Leaks.report("a tensor of " + bytes + " bytes", site);
            }
        }
    }
}
