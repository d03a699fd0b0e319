package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.MemoryAccess;
import io.github.clnorm.internal.opencl.OpenCl;

/**
 * The memory behind a {@link DeviceBuffer}: a buffer of its own, or a range of a {@link SharedBuffer}. It refers to no
 * buffer and no session, so that a buffer can become unreachable while its memory is still allocated: {@link #run} then
 * reclaims the memory.
 *
 * <p>The session's lock guards all fields but {@link #closed}, which may be read without it.
 */
final class Allocation implements Runnable {

    private final DeviceMemory owner;
    final long bytes;
    // Null for no bytes, and when given back.
    private OpenCl.Memory memory;
    // Null as long as nothing else can use the memory, which is what most tensors are.
    private Share share;
    private volatile boolean closed;
    // Null unless -Dclnorm.leaks=on.
    private final Throwable site;

    private long version;
    private String writer;
    private String writerThread;
    // The thread whose transfer is filling memory that is not shared, or null.
    private Thread filler;
    // Native calls that use the memory without the lock.
    private int pins;
    // The session that used it last; null for none. If the memory is shared, the shared buffer knows it.
    private CommandOrder user;
    // The scope that will close it, or null.
    private volatile ScopeMembers scope;

    /**
     * The place in a shared buffer.
     *
     * @param offset the first byte
     * @param isPart whether the memory is a sub-buffer, which the allocation releases
     */
    private record Share(SharedBuffer buffer, long offset, MemoryAccess access, boolean isPart) {}

    private Allocation(DeviceMemory owner, OpenCl.Memory memory, long bytes, CommandOrder user) {
        this.owner = owner;
        this.memory = memory;
        this.bytes = bytes;
        this.user = user;
        this.site = Leaks.site();
    }

    /** A buffer of its own; `memory` is null for no bytes. */
    static Allocation own(DeviceMemory owner, OpenCl.Memory memory, long bytes, CommandOrder user) {
        return new Allocation(owner, memory, bytes, user);
    }

    /**
     * A range of a shared buffer; `memory` is the root of the shared buffer, or a sub-buffer, which the allocation
     * releases.
     */
    static Allocation in(
            DeviceMemory owner,
            SharedBuffer buffer,
            long offset,
            long bytes,
            MemoryAccess access,
            OpenCl.Memory memory) {
        Allocation allocation = new Allocation(owner, memory, bytes, null);
        allocation.join(buffer, offset, access);
        return allocation;
    }

    /**
     * A range of this one; `memory` is the root of the shared buffer, or a sub-buffer, which the allocation releases.
     */
    Allocation part(DeviceMemory of, long from, long length, OpenCl.Memory ofPart) {
        Allocation part = in(of, sharedBuffer(), offset() + from, length, access(), ofPart);
        part.user = user;
        part.version = version;
        part.writer = writer;
        part.writerThread = writerThread;
        return part;
    }

    private void join(SharedBuffer buffer, long offset, MemoryAccess access) {
        share = new Share(buffer, offset, access, memory != buffer.root());
        buffer.add(this);
    }

    /** The shared buffer of memory that has bytes; made when it is first shared. */
    SharedBuffer sharedBuffer() {
        if (share == null) {
            join(new SharedBuffer(owner, memory, bytes, false, user), 0, MemoryAccess.ALL);
        }
        return share.buffer;
    }

    boolean isShared() {
        return share != null;
    }

    long offset() {
        return share == null ? 0 : share.offset;
    }

    /** Whether it begins at a multiple of the largest vector's size. */
    boolean isAligned() {
        return share == null || share.buffer.isAligned() && share.offset % AlignedVectors.LARGEST_BYTES == 0;
    }

    MemoryAccess access() {
        return share == null ? MemoryAccess.ALL : share.access;
    }

    /** The memory, or null for no bytes, to make another allocation of it. A transfer may be writing it. */
    OpenCl.Memory open() {
        requireOpen();
        return memory;
    }

    /** The memory, or null for no bytes. Rejects memory that a command cannot use now. */
    OpenCl.Memory usable() {
        requireOpen();
        Thread writing = share == null ? filler : share.buffer.filler(this);
        if (writing != null) {
            throw new IllegalStateException(
                    writing == Thread.currentThread()
                            ? "a tensor of " + bytes + " bytes was used in the callback that is writing it"
                            : "a tensor of " + bytes + " bytes is being written by a transfer of thread "
                                    + writing.getName());
        }
        return memory;
    }

    /** The memory for a command of a session, or null for no bytes. */
    OpenCl.Memory memory(CommandOrder of) {
        OpenCl.Memory usable = usable();
        if (share != null) {
            share.buffer.toDevice();
            share.buffer.usedBy(this, of);
        } else if (user != of) {
            usedBy(of);
        }
        return usable;
    }

    void setUser(CommandOrder of) {
        user = of;
    }

    /** Orders the commands of a session after those of the session that used the memory last. */
    void usedBy(CommandOrder of) {
        boolean isOfOther = user != null && user != of && memory != null;
        if (isOfOther) {
            of.after(user);
        }
        // Before the buffer becomes a shared one, which takes over the user.
        user = of;
        if (isOfOther) {
            // Reuse would have to wait for the commands of both.
            sharedBuffer().makeReachable();
        }
    }

    /** Whether a session other than this has used the memory last. */
    boolean isUsedByOther(CommandOrder of) {
        return (share == null ? user : share.buffer.userOf(user)) != of;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("a tensor of " + bytes + " bytes is closed");
        }
    }

    boolean isClosed() {
        return closed;
    }

    /** Whether both have a byte of memory in common. */
    boolean overlaps(Allocation other) {
        return other == this
                || isNear(other) && place() < other.place() + other.bytes && other.place() < place() + bytes;
    }

    /** Whether both are the same bytes of memory. */
    boolean isSameAs(Allocation other) {
        return other == this || isNear(other) && place() == other.place() && bytes == other.bytes;
    }

    /** Whether the places of both can be compared: in one buffer, or on callers' direct buffers. */
    private boolean isNear(Allocation other) {
        return share != null && other.share != null && share.buffer.isNear(other.share.buffer);
    }

    /** The first byte: in the buffer, or its address if the buffer is on a caller's direct buffer. */
    private long place() {
        return share.buffer.address() + share.offset;
    }

    /** Begins a transfer into the memory. Until {@link #endFilling}, other commands that use it are rejected. */
    void beginFilling(String by, CommandOrder of) {
        memory(of);
        if (share == null) {
            filler = Thread.currentThread();
        } else {
            share.buffer.beginFilling(this);
        }
        written(by);
    }

    void endFilling() {
        filler = null;
        if (share != null) {
            share.buffer.endFilling(this);
        }
    }

    /** Keeps the memory allocated while a native call reads it without the lock, even if another thread closes it. */
    OpenCl.Memory pin(CommandOrder of) {
        OpenCl.Memory pinned = memory(of);
        pins++;
        return pinned;
    }

    /** As {@link #pin}, for the transfer that fills it. */
    OpenCl.Memory pinForFilling() {
        requireOpen();
        pins++;
        return memory;
    }

    boolean isPinned() {
        return pins > 0;
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
        if (share == null) {
            count(by);
        } else {
            share.buffer.overlapping(this, sharer -> sharer.count(by));
        }
    }

    private void count(String by) {
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
        if (share != null) {
            share.buffer.closed(this);
        }
        if (pins == 0) {
            giveBack();
        }
    }

    private void giveBack() {
        OpenCl.Memory released = memory;
        memory = null;
        if (share == null) {
            if (released != null) {
                owner.keep(released, bytes);
            }
            return;
        }
        try {
            if (share.isPart) {
                owner.release(released);
            }
        } finally {
            share.buffer.giveBack(owner);
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
