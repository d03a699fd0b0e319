package io.github.clnorm.internal.runtime;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.opencl.OpenCl;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * An open device: owns its memory, programs, queue and planner. Commands run in the order in which they are enqueued.
 *
 * <p>Thread-safe. One lock guards the session and its parts. It is held while commands are enqueued, and never while the
 * session waits for the device or calls the caller's code. {@link #exclusively} holds it for several steps.
 */
public final class Session implements AutoCloseable {

    // Integrated GPUs use a host's memory without a copy only if it is whole pages and cache lines.
    private static final int PAGE_BYTES = 4096;
    private static final int LINE_BYTES = 64;

    private final SharedContext context;
    private final ReentrantLock lock;
    private final OpenDevice open;
    private final OpenCl openCl;
    private final DeviceInfo device;
    private final Programs programs;
    private final CommandOrder order;
    private final DeviceMemory memory;
    private final HostMemory hostMemory;
    private final SharedMemory shared;
    private final LaunchTimer timer;
    private final ScratchBuffers scratch;
    private final PreparedLaunches prepared;
    private final LaunchQueue queue;
    private final Transfers transfers;
    private final Planner planner = new Planner(this);
    private final Cleaner.Cleanable cleanable;
    private final ThreadLocal<SessionScope.Link> scopes = new ThreadLocal<>();

    /**
     * A session on an open device.
     *
     * @param openCl the device's calls; closed with the session
     * @param device its description
     */
    public Session(OpenCl openCl, DeviceInfo device) {
        this(openCl, device, ProgramCache.ofUser());
    }

    /** The same with another cache of compiled programs. */
    Session(OpenCl openCl, DeviceInfo device, ProgramCache cache) {
        this.openCl = openCl;
        this.device = device;
        this.context = SharedContext.of(openCl);
        this.lock = context.lock();
        this.programs = new Programs(openCl, device, cache);
        this.order = new CommandOrder(openCl);
        this.memory = new DeviceMemory(openCl, device, context, order);
        this.shared = new SharedMemory(openCl, device, context, memory);
        this.hostMemory = new HostMemory(openCl);
        this.open = new OpenDevice(lock, openCl, order, programs, memory, hostMemory, device, Leaks.site());
        this.timer = new LaunchTimer(openCl);
        this.scratch = new ScratchBuffers(this, memory, timer);
        this.prepared = new PreparedLaunches(timer);
        this.queue = new LaunchQueue(openCl, open, order, memory, timer);
        this.transfers = new Transfers(this, openCl, open, hostMemory);
        this.cleanable = Leaks.register(this, open);
    }

    void lock() {
        lock.lock();
    }

    void unlock() {
        lock.unlock();
    }

    /**
     * Runs several steps as one: no other thread enqueues, allocates or closes in between. The steps must be short and must
     * not wait for the device.
     *
     * @param steps returns a result
     * @param <T> the result's type
     * @return the result
     */
    public <T> T exclusively(Supplier<T> steps) {
        lock.lock();
        try {
            return steps.get();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Runs several steps as one, as {@link #exclusively(Supplier)} does.
     *
     * @param steps returns nothing
     */
    public void exclusively(Runnable steps) {
        lock.lock();
        try {
            steps.run();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Whether a thread holds the lock now, for example to compile a kernel.
     *
     * @return true if a call that needs the lock would wait for it
     */
    public boolean isBusy() {
        return lock.isLocked();
    }

    /**
     * The device.
     *
     * @return its description
     */
    public DeviceInfo device() {
        return device;
    }

    /**
     * Chooses plans.
     *
     * @return the planner of this session
     */
    public Planner planner() {
        return planner;
    }

    /**
     * Moves data to, from and on the device.
     *
     * @return the transfers of this session
     */
    public Transfers transfers() {
        return transfers;
    }

    /** Kernel launches. */
    LaunchQueue queue() {
        return queue;
    }

    /** Launches of earlier passes, for reuse. */
    PreparedLaunches prepared() {
        return prepared;
    }

    /** Memory for values between launches. */
    ScratchBuffers scratch() {
        return scratch;
    }

    /** The order of this session's commands among those of other sessions. */
    CommandOrder order() {
        return order;
    }

    LaunchTimer timer() {
        return timer;
    }

    /** The calls of the device. The caller holds the lock. */
    OpenCl openCl() {
        return openCl;
    }

    /** A kernel of a file, built once for its options. */
    BuiltKernel kernel(String file, String name, KernelOptions options) {
        return kernel(file, name, options.toString());
    }

    /** The same, for files that take other macros. */
    BuiltKernel kernel(String file, String name, String options) {
        open.checkOpen();
        return programs.kernel(file, name, options);
    }

    /**
     * Allocates memory, whose content is undefined. It belongs to the thread's open scope, if there is one.
     *
     * @param bytes its size; 0 allocates nothing
     * @return the buffer
     * @throws IllegalArgumentException when it exceeds the device's largest buffer
     */
    public DeviceBuffer allocate(long bytes) {
        return exclusively(() -> {
            open.checkOpen();
            return scoped(memory.allocate(bytes, false));
        });
    }

    private DeviceBuffer scoped(Allocation allocation) {
        SessionScope scope = SessionScope.current(scopes);
        if (scope != null) {
            scope.add(allocation);
        }
        return DeviceBuffer.reclaimed(this, allocation);
    }

    /**
     * A buffer in a caller's memory, which is retained until the buffer is closed. It belongs to the thread's open
     * scope, if there is one.
     *
     * @param given the caller's memory object
     * @param range the part of it
     * @return the buffer
     * @throws IllegalArgumentException when the memory object cannot hold it
     */
    public DeviceBuffer wrap(OpenCl.Memory given, WrappedRange range) {
        return exclusively(() -> {
            open.checkOpen();
            return scoped(shared.wrap(given, range));
        });
    }

    /**
     * Whether the device can work on a caller's direct buffer.
     *
     * @param host the buffer; its remaining bytes
     * @return false if it has memory of its own, or would copy the buffer
     * @throws IllegalStateException when the session is closed
     */
    public boolean worksOn(ByteBuffer host) {
        boolean sharesMemory = exclusively(() -> {
            open.checkOpen();
            // Where finish returns early, nothing tells when the buffer may be used or freed.
            return openCl.sharesHostMemory() && !Quirks.finishesEarly(device);
        });
        boolean isWhole = host.alignmentOffset(host.position(), PAGE_BYTES) == 0 && host.remaining() % LINE_BYTES == 0;
        return sharesMemory && (device.type() == DeviceType.CPU || isWhole);
    }

    /**
     * A buffer on a caller's direct buffer, which stays reachable until the commands on it are done. It belongs to the
     * thread's open scope, if there is one. Java may use the memory from a {@link #finish()} to the next command on it.
     *
     * @param host its remaining bytes are the memory
     * @return the buffer
     */
    public DeviceBuffer wrap(ByteBuffer host) {
        return exclusively(() -> {
            open.checkOpen();
            return scoped(shared.wrap(host));
        });
    }

    /**
     * A part of a buffer of this session, on the same memory, which lives until all parts are closed. It belongs to the
     * thread's open scope, if there is one.
     *
     * @param base the buffer
     * @param from the first byte; with the base's offset a multiple of {@link #partAlignment()}, or 0 for all of it
     * @param bytes the size
     * @return the part
     * @throws IllegalStateException when the base is closed, or a transfer is writing it
     */
    public DeviceBuffer part(DeviceBuffer base, long from, long bytes) {
        return exclusively(() -> {
            open.checkOpen();
            return scoped(shared.part(base.allocation(), from, bytes));
        });
    }

    /**
     * What the first byte of a part must be a multiple of.
     *
     * @return bytes
     */
    public long partAlignment() {
        return exclusively(() -> {
            open.checkOpen();
            return openCl.subBufferAlignment();
        });
    }

    /**
     * The memory object of a buffer, for a caller. It is not reused for other buffers from now on.
     *
     * @param buffer of this session
     * @return the object, not retained; null for a buffer without bytes
     * @throws IllegalStateException when the buffer is closed
     */
    public OpenCl.Memory reach(DeviceBuffer buffer) {
        return exclusively(() -> shared.reach(buffer.allocation()));
    }

    /**
     * Whether this session can use the buffers of another.
     *
     * @param other a session
     * @return whether both are in one OpenCL context
     */
    public boolean sharesContextWith(Session other) {
        return context == other.context;
    }

    /**
     * An event that completes when everything enqueued before is done.
     *
     * @return the event; the caller releases it
     * @throws IllegalStateException when the session is closed
     */
    public OpenCl.Event mark() {
        return exclusively(() -> {
            open.checkOpen();
            return openCl.mark();
        });
    }

    /**
     * Lets everything enqueued from now on wait for events. Does not block.
     *
     * @param events of this context, one or more
     * @throws IllegalArgumentException when an event is of another context or has failed, or there is none
     * @throws IllegalStateException when the session is closed
     */
    public void waitFor(OpenCl.Event... events) {
        exclusively(() -> {
            open.checkOpen();
            CallersEvents.check(openCl, device, events);
            openCl.waitFor(events);
        });
    }

    /** Releases the memory that is kept for reuse: that of closed buffers, scratch buffers, and pinned host memory. */
    public void trim() {
        exclusively(() -> {
            open.checkOpen();
            scratch.close();
            memory.trim();
            hostMemory.trim();
        });
    }

    /**
     * The memory that is allocated on the device now.
     *
     * @return the figures
     * @throws IllegalStateException when the session is closed
     */
    public AllocatedMemory memory() {
        return exclusively(() -> {
            open.checkOpen();
            return memory.allocated();
        });
    }

    /**
     * Opens a scope of this thread.
     *
     * @return the scope
     * @throws IllegalStateException when the session is closed
     */
    public SessionScope openScope() {
        return exclusively(() -> {
            open.checkOpen();
            return new SessionScope(this, scopes);
        });
    }

    /**
     * Blocks until everything enqueued is done. Other threads may enqueue during the wait. Callers' direct buffers that the
     * device works on then belong to Java.
     */
    public void finish() {
        exclusively(() -> {
            open.checkOpen();
            memory.toHost();
        });
        open.finish();
    }

    /**
     * Times every launch that an action makes on this thread. The queue must have been opened for timing.
     *
     * @param action enqueues launches
     * @return their times on the device
     * @throws IllegalStateException when another thread is timing its launches
     */
    public LaunchTimes timed(Runnable action) {
        LaunchTimes times = exclusively(() -> {
            open.checkOpen();
            return timer.begin();
        });
        try {
            action.run();
            finish();
            exclusively(times::read);
            return times;
        } finally {
            exclusively(() -> timer.end(times));
        }
    }

    /**
     * The number of buffers that are not closed, scratch buffers included.
     *
     * @return a count; 0 when the session is closed
     */
    public int openBuffers() {
        return exclusively(() -> open.isClosed() ? 0 : memory.openAllocations() + memory.scratchAllocations());
    }

    /**
     * Whether the session is closed.
     *
     * @return true after {@link #close()}
     */
    public boolean isClosed() {
        return open.isClosed();
    }

    /**
     * Blocks until the device is done, then releases everything that belongs to the session. Waits for threads that wait for
     * the device, and rejects what other threads begin afterwards.
     */
    @Override
    public void close() {
        try {
            open.close();
        } finally {
            cleanable.clean();
        }
    }
}
