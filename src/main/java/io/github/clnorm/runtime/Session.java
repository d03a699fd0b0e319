package io.github.clnorm.runtime;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.plan.Plan;
import io.github.clnorm.runtime.opencl.ClException;
import io.github.clnorm.runtime.opencl.OpenCl;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * One device at work: its buffers, programs and queue. Commands run in the order in which they are enqueued. Thread-safe:
 * every call holds the session's lock.
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

    // Heap arrays would hold the garbage collector for the whole transfer; they go through this, piece by piece.
    private static final int STAGING_BYTES = 4 << 20;

    // Of the device's memory this part may be kept for reuse.
    private static final int FREE_SHARE = 4;
    // Programs of ever-changing shapes must not fill the memory.
    private static final int MOST_PREPARED = 1024;

    private final OpenCl openCl;
    private final DeviceInfo device;
    private final Programs programs;
    private final Planner planner = new Planner(this);
    private final FreeBuffers free;
    private final Map<Launches.Key, Launches> prepared = new HashMap<>();
    private final Map<OpenCl.Kernel, KernelArguments.Placed> placed = new IdentityHashMap<>();
    private final Set<DeviceBuffer> buffers = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Map<Scratch, DeviceBuffer> scratch = new EnumMap<>(Scratch.class);
    private int scratchGeneration;
    private ByteBuffer staging;
    private LaunchTimes times;
    private boolean closed;

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
        this.free = new FreeBuffers(openCl, device.globalMemory() / FREE_SHARE);
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
     * Allocates memory, whose content is undefined.
     *
     * @param bytes its size; 0 takes none
     * @return the buffer
     * @throws IllegalArgumentException when it exceeds the device's largest buffer
     */
    public synchronized DeviceBuffer allocate(long bytes) {
        checkOpen();
        if (bytes > device.maxBuffer()) {
            throw new IllegalArgumentException("a buffer of " + bytes + " bytes exceeds the largest of "
                    + device.description() + ": " + device.maxBuffer() + " bytes");
        }
        DeviceBuffer buffer = new DeviceBuffer(this, bytes == 0 ? null : memory(bytes), bytes);
        buffers.add(buffer);
        return buffer;
    }

    private OpenCl.Memory memory(long bytes) {
        OpenCl.Memory memory = free.take(bytes);
        if (memory != null) {
            return memory;
        }
        try {
            return openCl.createBuffer(bytes);
        } catch (ClException e) {
            makeRoom(e);
            return openCl.createBuffer(bytes);
        }
    }

    /** Where memory was missing, gives back what is kept for reuse: then the call can be tried once more. */
    private void makeRoom(ClException failure) {
        if (!failure.isOutOfMemory() || !free.release()) {
            throw failure;
        }
    }

    /** Gives back the memory of closed tensors, which is kept for those to come. */
    public synchronized void trim() {
        checkOpen();
        free.release();
    }

    /** Bytes of a buffer's content on their way, piece by piece. */
    @FunctionalInterface
    public interface Piece {
        /**
         * Fills the piece, or takes what is in it.
         *
         * @param offset of its first byte in the content
         * @param bytes a direct buffer in the device's byte order, from its position to its limit
         */
        void at(long offset, ByteBuffer bytes);
    }

    /**
     * Copies to the device, and waits.
     *
     * @param buffer where to
     * @param source fills every piece
     */
    public synchronized void write(DeviceBuffer buffer, Piece source) {
        checkOpen();
        for (long at = 0; at < buffer.bytes(); at += STAGING_BYTES) {
            ByteBuffer piece = staging(buffer.bytes() - at);
            source.at(at, piece.duplicate().order(piece.order()));
            openCl.write(buffer.memory(), at, piece);
        }
    }

    /**
     * Copies from the device, after all that is enqueued.
     *
     * @param buffer where from
     * @param target takes every piece
     */
    public synchronized void read(DeviceBuffer buffer, Piece target) {
        checkOpen();
        for (long at = 0; at < buffer.bytes(); at += STAGING_BYTES) {
            ByteBuffer piece = staging(buffer.bytes() - at);
            openCl.read(buffer.memory(), at, piece);
            target.at(at, piece);
        }
    }

    private ByteBuffer staging(long bytes) {
        if (staging == null) {
            staging = ByteBuffer.allocateDirect(STAGING_BYTES).order(ByteOrder.nativeOrder());
        }
        return staging.clear().limit((int) Math.min(bytes, STAGING_BYTES));
    }

    /** Waits until everything enqueued is done. */
    public synchronized void finish() {
        checkOpen();
        openCl.finish();
    }

    /**
     * Times every launch of an action, which needs a queue that was opened timed.
     *
     * @param action what enqueues launches
     * @return their times on the device
     */
    public synchronized LaunchTimes timed(Runnable action) {
        checkOpen();
        times = new LaunchTimes(openCl);
        try {
            action.run();
            openCl.finish();
            times.read();
            return times;
        } finally {
            times.release();
            times = null;
        }
    }

    /** Does something whose launches are not to be timed, whatever is timed around it. The caller holds the lock. */
    <T> T untimed(Supplier<T> action) {
        LaunchTimes suspended = times;
        times = null;
        try {
            return action.get();
        } finally {
            times = suspended;
        }
    }

    /** A scratch buffer of at least that size. Its content is what the last launch that used it left. */
    DeviceBuffer scratch(Scratch use, long bytes) {
        if (times != null) {
            times.scratch(use, bytes);
        }
        DeviceBuffer buffer = scratch.get(use);
        if (buffer == null || buffer.bytes() < bytes) {
            if (buffer != null) {
                scratch.remove(use);
                scratchGeneration++;
                buffer.close();
            }
            buffer = allocate(bytes);
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
        Launches launches = times == null ? prepared.get(key) : null;
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
        if (times != null) {
            times.planned(plan);
        }
    }

    /** Enqueues a launch, timed where somebody asked. */
    void enqueue(OpenCl.Kernel kernel, KernelArguments arguments, long workGroups, int workGroupSize) {
        checkOpen();
        placed.computeIfAbsent(kernel, of -> new KernelArguments.Placed(openCl, of)).place(arguments);
        boolean timed = times != null;
        OpenCl.Event event;
        try {
            event = openCl.enqueue(kernel, workGroups, workGroupSize, timed);
        } catch (ClException e) {
            // Some drivers find memory for a buffer when it is used first.
            makeRoom(e);
            event = openCl.enqueue(kernel, workGroups, workGroupSize, timed);
        }
        if (timed) {
            times.add(event);
        }
    }

    /** Sends what is enqueued to the device. */
    void flush() {
        openCl.flush();
    }

    void release(DeviceBuffer buffer, OpenCl.Memory memory) {
        if (buffers.remove(buffer)) {
            free.keep(memory, buffer.bytes());
        }
    }

    /**
     * Buffers that are not closed, those for what launches need beside their tensors among them.
     *
     * @return how many
     */
    public synchronized int openBuffers() {
        return buffers.size();
    }

    /**
     * Whether the session is closed.
     *
     * @return true after {@link #close()}
     */
    public synchronized boolean isClosed() {
        return closed;
    }

    /** Releases everything, also behind something that cannot be released; the first failure is thrown at the end. */
    private void releaseAll() {
        List<Runnable> releases = new ArrayList<>();
        List.copyOf(buffers).forEach(buffer -> releases.add(buffer::close));
        releases.add(free::release);
        releases.add(programs::close);
        RuntimeException first = null;
        for (Runnable release : releases) {
            try {
                release.run();
            } catch (RuntimeException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the backend on " + device.name() + " is closed");
        }
    }

    /** Waits for the device, then gives back everything that belongs to the session. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        try {
            openCl.finish();
        } finally {
            try {
                releaseAll();
            } finally {
                closed = true;
                staging = null;
                openCl.close();
            }
        }
    }
}
