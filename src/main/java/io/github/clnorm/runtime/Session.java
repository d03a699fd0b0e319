package io.github.clnorm.runtime;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.plan.Plan;
import io.github.clnorm.runtime.opencl.OpenCl;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
        G,
        G_OF_XHAT
    }

    // Heap arrays would hold the garbage collector for the whole transfer; they go through this, piece by piece.
    private static final int STAGING_BYTES = 4 << 20;

    private final OpenCl openCl;
    private final DeviceInfo device;
    private final Programs programs;
    private final Planner planner = new Planner(this);
    private final Set<DeviceBuffer> buffers = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Map<Scratch, DeviceBuffer> scratch = new EnumMap<>(Scratch.class);
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
        OpenCl.Memory memory = bytes == 0 ? null : openCl.createBuffer(bytes);
        DeviceBuffer buffer = new DeviceBuffer(this, memory, bytes);
        buffers.add(buffer);
        return buffer;
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

    /** A scratch buffer of at least that size. Its content is what the last launch that used it left. */
    DeviceBuffer scratch(Scratch use, long bytes) {
        if (times != null) {
            times.scratch(use, bytes);
        }
        DeviceBuffer buffer = scratch.get(use);
        if (buffer == null || buffer.bytes() < bytes) {
            if (buffer != null) {
                scratch.remove(use);
                buffer.close();
            }
            buffer = allocate(bytes);
            scratch.put(use, buffer);
        }
        return buffer;
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
    void enqueue(OpenCl.Kernel kernel, long workGroups, int workGroupSize) {
        checkOpen();
        OpenCl.Event event = openCl.enqueue(kernel, workGroups, workGroupSize, times != null);
        if (times != null) {
            times.add(event);
        }
    }

    /** Sends what is enqueued to the device. */
    void flush() {
        openCl.flush();
    }

    void release(DeviceBuffer buffer, OpenCl.Memory memory) {
        if (buffers.remove(buffer)) {
            openCl.release(memory);
        }
    }

    /**
     * Buffers that are not closed, those kept for reuse among them.
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
