package io.github.clnorm.internal.runtime;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.Plan;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * One device at work: its buffers, programs and queue. Commands run in the order in which they are enqueued.
 *
 * <p>Thread-safe. One lock guards the session; it is held while commands are enqueued, and never while the session waits
 * for the device, nor while it calls a caller's code. {@link #exclusively} holds it for several steps.
 */
public final class Session implements AutoCloseable {

    /** What a launch needs beside its tensors; kept, and reused by the next one, since commands run in order. */
    enum Scratch {
        MOMENTS,
        MEAN,
        MEAN_LO,
        RSTD,
        SET_SUMS,
        PARAMETER_SUMS,
        COLUMNS,
        G,
        G_OF_XHAT
    }

    // Programs of ever-changing shapes must not fill the memory.
    private static final int MOST_PREPARED = 1024;

    private final ReentrantLock lock = new ReentrantLock();
    private final OpenDevice open;
    private final OpenCl openCl;
    private final DeviceInfo device;
    private final Programs programs;
    private final DeviceMemory memory;
    private final BlockingCalls blockingCalls;
    private final Planner planner = new Planner(this);
    private final Cleaner.Cleanable cleanable;
    private final Map<Launches.Key, Launches> prepared = new HashMap<>();
    private final Map<OpenCl.Kernel, KernelArguments.Placed> placed = new IdentityHashMap<>();
    private final Map<Scratch, DeviceBuffer> scratch = new EnumMap<>(Scratch.class);
    private final ThreadLocal<SessionScope.Link> scopes = new ThreadLocal<>();
    private int scratchGeneration;
    private LaunchTimes times;
    private Thread timing;

    /**
     * A session on an open device.
     *
     * @param openCl the device's calls; closed with the session
     * @param device what it is
     */
    public Session(OpenCl openCl, DeviceInfo device) {
        this(openCl, device, ProgramCache.ofUser());
    }

    /** The same with compiled programs in another place. */
    Session(OpenCl openCl, DeviceInfo device, ProgramCache cache) {
        this.openCl = openCl;
        this.device = device;
        this.programs = new Programs(openCl, device, cache);
        this.memory = new DeviceMemory(openCl, device, lock);
        this.open = new OpenDevice(lock, openCl, programs, memory, device.description(), Leaks.site());
        this.blockingCalls = new BlockingCalls(this, openCl, open);
        this.cleanable = Leaks.register(this, open);
    }

    void lock() {
        lock.lock();
    }

    void unlock() {
        lock.unlock();
    }

    /**
     * Does several steps as one: no other thread enqueues, allocates or closes in between. For steps that are short; what
     * waits for the device belongs outside.
     *
     * @param steps what to do
     * @param <T> what the steps return
     * @return what the steps returned
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
     * The device.
     *
     * @return what it is
     */
    public DeviceInfo device() {
        return device;
    }

    /**
     * Which plans it uses.
     *
     * @return the planner
     */
    public Planner planner() {
        return planner;
    }

    /**
     * Allocates memory, whose content is undefined. It belongs to the thread's open scope, if there is one.
     *
     * @param bytes its size; 0 takes none
     * @return the buffer
     * @throws IllegalArgumentException when it exceeds the device's largest buffer
     */
    public DeviceBuffer allocate(long bytes) {
        return exclusively(() -> {
            checkOpen();
            Allocation allocation = memory.allocate(bytes, false);
            SessionScope scope = SessionScope.current(scopes);
            if (scope != null) {
                scope.add(allocation);
            }
            return DeviceBuffer.reclaimed(this, allocation);
        });
    }

    /** Gives back the memory of closed tensors, and scratch memory, which are kept for reuse. */
    public void trim() {
        exclusively(() -> {
            checkOpen();
            scratch.values().forEach(DeviceBuffer::close);
            scratch.clear();
            scratchGeneration++;
            memory.trim();
            return null;
        });
    }

    /**
     * What is allocated on the device.
     *
     * @param inUse bytes of open buffers
     * @param pooled bytes that are kept for reuse
     * @param peak the most bytes that were in use at a time
     * @param buffers open buffers
     */
    public record MemoryUse(long inUse, long pooled, long peak, int buffers) {}

    /**
     * What is allocated on the device now.
     *
     * @return the figures
     * @throws IllegalStateException when the session is closed
     */
    public MemoryUse memory() {
        return exclusively(() -> {
            checkOpen();
            int buffers = memory.openAllocations();
            return new MemoryUse(memory.inUse(), memory.pooled(), memory.peak(), buffers);
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
            checkOpen();
            return new SessionScope(this, scopes);
        });
    }

    /** Bytes of a buffer's content on their way, piece by piece. */
    @FunctionalInterface
    public interface Piece {
        /**
         * Fills the piece, or takes what is in it. May use other tensors and backends. Throwing ends the transfer.
         *
         * @param offset of its first byte in the content
         * @param bytes a direct buffer in the device's byte order, from its position to its limit; zeros where it is to be
         *     filled. Not to be used after the call returns
         */
        void at(long offset, ByteBuffer bytes);
    }

    /**
     * Copies to the device, and blocks until that is done. Meanwhile other commands that use the buffer are rejected.
     *
     * @param buffer where to
     * @param source fills every piece; called without any lock
     * @param ofCaller whether the source is a caller's code: its pieces are zeros, and no other transfer uses their memory;
     *     without, what is not filled is undefined
     * @param by the operation, for messages of who wrote
     * @throws IllegalStateException when another transfer fills the buffer, or it is closed
     */
    public void write(DeviceBuffer buffer, Piece source, boolean ofCaller, String by) {
        blockingCalls.write(buffer, source, ofCaller, by);
    }

    /**
     * Copies to the device, and blocks until that is done.
     *
     * @param buffer where to
     * @param source fills every piece; called without any lock
     * @throws IllegalStateException when another transfer fills the buffer, or it is closed
     */
    public void write(DeviceBuffer buffer, Piece source) {
        write(buffer, source, true, "a transfer");
    }

    /**
     * Copies from the device, after all that is enqueued, and blocks until that is done.
     *
     * @param buffer where from
     * @param target takes every piece; called without any lock
     * @param ofCaller whether the target is a caller's code: no other transfer uses the memory of its pieces
     * @throws IllegalStateException when the buffer is written before the last piece was read, or it is closed
     */
    public void read(DeviceBuffer buffer, Piece target, boolean ofCaller) {
        blockingCalls.read(buffer, target, ofCaller);
    }

    /**
     * Copies from the device, after all that is enqueued, and blocks until that is done.
     *
     * @param buffer where from
     * @param target takes every piece; called without any lock
     * @throws IllegalStateException when the buffer is written before the last piece was read, or it is closed
     */
    public void read(DeviceBuffer buffer, Piece target) {
        read(buffer, target, true);
    }

    /**
     * Copies a part of a buffer from the device, after all that is enqueued, and blocks until that is done.
     *
     * @param buffer where from
     * @param offset of the first byte
     * @param target a direct buffer; its remaining bytes are filled, its position is not changed
     * @throws IllegalStateException when a transfer is filling the buffer, or it is closed
     */
    public void read(DeviceBuffer buffer, long offset, ByteBuffer target) {
        blockingCalls.read(buffer, offset, target);
    }

    /**
     * Sets all elements of a buffer. Enqueued, and sent to the device.
     *
     * @param buffer the target
     * @param element the bytes of one element, in the device's byte order: 1, 2, 4 or 8
     * @param by the operation, for messages of who wrote
     */
    public void fill(DeviceBuffer buffer, byte[] element, String by) {
        exclusively(() -> {
            checkOpen();
            OpenCl.Memory to = buffer.memory();
            buffer.written(by);
            if (buffer.bytes() > 0) {
                openCl.fill(to, element, buffer.bytes());
                openCl.flush();
            }
            return null;
        });
    }

    /**
     * Copies between buffers of one size on this device. Enqueued, and sent to the device.
     *
     * @param from the source
     * @param to the target
     * @param by the operation, for messages of who wrote
     */
    public void copy(DeviceBuffer from, DeviceBuffer to, String by) {
        exclusively(() -> {
            checkOpen();
            OpenCl.Memory source = from.memory();
            OpenCl.Memory target = to.memory();
            to.written(by);
            if (from.bytes() > 0) {
                openCl.copy(source, target, from.bytes());
                openCl.flush();
            }
            return null;
        });
    }

    /** Blocks until everything enqueued is done. Other threads may enqueue meanwhile. */
    public void finish() {
        blockingCalls.finish();
    }

    /**
     * Times every launch that an action makes on this thread, which needs a queue that was opened timed.
     *
     * @param action what enqueues launches
     * @return their times on the device
     * @throws IllegalStateException when another thread is timing its launches
     */
    public LaunchTimes timed(Runnable action) {
        LaunchTimes ours = exclusively(() -> {
            checkOpen();
            if (times != null) {
                throw new IllegalStateException("launches are being timed already, by thread " + timing.getName());
            }
            timing = Thread.currentThread();
            times = new LaunchTimes(openCl);
            return times;
        });
        try {
            action.run();
            finish();
            return exclusively(() -> {
                ours.read();
                return ours;
            });
        } finally {
            exclusively(() -> {
                times = null;
                ours.release();
                return null;
            });
        }
    }

    /** Does something whose launches are not to be timed, whatever is timed around it. The caller holds the lock. */
    <T> T untimed(Supplier<T> action) {
        LaunchTimes suspended = times();
        if (suspended == null) {
            return action.get();
        }
        times = null;
        try {
            return action.get();
        } finally {
            times = suspended;
            timing = Thread.currentThread();
        }
    }

    /** Where this thread's launches are timed, or null. */
    private LaunchTimes times() {
        return timing == Thread.currentThread() ? times : null;
    }

    /** A scratch buffer of at least that size. Its content is what the last launch that used it left. */
    DeviceBuffer scratch(Scratch use, long bytes) {
        if (times() != null) {
            times().scratch(use, bytes);
        }
        DeviceBuffer buffer = scratch.get(use);
        if (buffer == null || buffer.bytes() < bytes) {
            if (buffer != null) {
                scratch.remove(use);
                scratchGeneration++;
                buffer.close();
            }
            buffer = DeviceBuffer.kept(this, memory.allocate(bytes, true));
            scratch.put(use, buffer);
        }
        return buffer;
    }

    /** Changes when a scratch buffer gives way to a larger one. */
    int scratchGeneration() {
        return scratchGeneration;
    }

    /** The launches for a key: made by `maker` where they are not ready. */
    Launches prepared(Launches.Key key, Supplier<Launches> maker) {
        checkOpen();
        Launches launches = times() == null ? prepared.get(key) : null;
        if (launches == null || !launches.isValid()) {
            if (prepared.size() == MOST_PREPARED) {
                prepared.clear();
            }
            launches = maker.get();
            prepared.put(key, launches);
        }
        return launches;
    }

    /** A kernel of a file, built once for its options. */
    OpenCl.Kernel kernel(String file, String name, KernelOptions options) {
        return kernel(file, name, options.toString());
    }

    /** The same, for files that take other macros. */
    OpenCl.Kernel kernel(String file, String name, String options) {
        checkOpen();
        return programs.kernel(file, name, options);
    }

    /** The calls of the device, for those who hold the lock. */
    OpenCl openCl() {
        return openCl;
    }

    /** Says which plan is about to be enqueued. */
    void planned(Plan plan) {
        if (times() != null) {
            times().planned(plan);
        }
    }

    /** Enqueues a launch, timed where somebody asked. */
    void enqueue(OpenCl.Kernel kernel, KernelArguments arguments, long workGroups, int workGroupSize) {
        checkOpen();
        placed.computeIfAbsent(kernel, of -> new KernelArguments.Placed(openCl, of))
                .place(arguments);
        LaunchTimes timer = times();
        boolean timed = timer != null;
        // Some drivers find memory for a buffer when it is used first.
        OpenCl.Event event = memory.withRoom(() -> openCl.enqueue(kernel, workGroups, workGroupSize, timed));
        if (timed) {
            timer.add(event);
        }
    }

    /** Sends what is enqueued to the device. */
    void flush() {
        openCl.flush();
    }

    /**
     * Buffers that are not closed, scratch buffers among them.
     *
     * @return how many
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

    void checkOpen() {
        if (open.isClosed()) {
            throw new IllegalStateException("the backend on " + device.name() + " is closed");
        }
    }

    /**
     * Blocks until the device is done, then gives back everything that belongs to the session. A thread that waits for the
     * device is waited for; what other threads begin afterwards is rejected.
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
