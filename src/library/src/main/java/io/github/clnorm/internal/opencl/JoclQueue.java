package io.github.clnorm.internal.opencl;

import static io.github.clnorm.internal.driver.JoclCalls.code;
import static io.github.clnorm.internal.driver.JoclCalls.created;
import static org.jocl.CL.*;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.function.IntSupplier;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_device_id;
import org.jocl.cl_event;
import org.jocl.cl_kernel;

/**
 * Commands on a queue, which run in the order in which they are enqueued. On an out-of-order queue a barrier precedes
 * each command, and one follows the last before a flush: the caller's commands on the same queue are ordered with
 * clnorm's.
 *
 * <p>Thread-safety: see {@link OpenCl}.
 */
final class JoclQueue {

    private static final cl_command_queue NONE = new cl_command_queue();

    private final JoclCheck check;
    private final cl_command_queue queue;
    private final boolean outOfOrder;
    // On an out-of-order queue: held from a barrier until the command after it is enqueued.
    private final Object order = new Object();

    // Reused for every launch.
    private final long[] workItems = new long[1];
    private final long[] workItemsOfGroup = new long[1];

    JoclQueue(JoclCheck check, cl_command_queue queue, boolean outOfOrder) {
        this.check = check;
        this.queue = queue;
        this.outOfOrder = outOfOrder;
    }

    /** Creates a queue in order. */
    // The call of OpenCL 1.2: not every device has clCreateCommandQueueWithProperties.
    @SuppressWarnings("deprecation")
    static cl_command_queue create(JoclCheck check, cl_context context, cl_device_id device, boolean timed) {
        int[] code = new int[1];
        cl_command_queue queue =
                created(code, () -> clCreateCommandQueue(context, device, timed ? CL_QUEUE_PROFILING_ENABLE : 0, code));
        check.of(code[0], "clCreateCommandQueue");
        return queue;
    }

    /** Enqueues a command after all commands before. */
    private void enqueue(String name, IntSupplier command) {
        if (!outOfOrder) {
            check.run(command, name);
            return;
        }
        synchronized (order) {
            barrier();
            check.run(command, name);
        }
    }

    private void barrier() {
        check.run(() -> clEnqueueBarrierWithWaitList(queue, 0, null, null), "clEnqueueBarrierWithWaitList");
    }

    /** Enqueues a transfer after all commands before, and blocks until it is done. */
    private void transfer(String name, HostCopy copy) {
        if (!outOfOrder) {
            check.run(() -> copy.enqueue(true, null), name);
            return;
        }
        // Not by a blocking call, which would hold the lock.
        cl_event done = new cl_event();
        enqueue(name, () -> copy.enqueue(false, done));
        try {
            check.run(() -> clWaitForEvents(1, new cl_event[] {done}), "clWaitForEvents");
        } finally {
            code(() -> clReleaseEvent(done));
        }
    }

    @FunctionalInterface
    private interface HostCopy {
        int enqueue(boolean blocking, cl_event done);
    }

    void write(OpenCl.Memory memory, long offset, Buffer source) {
        transfer(
                "clEnqueueWriteBuffer",
                (blocking, done) -> clEnqueueWriteBuffer(
                        queue,
                        JoclMemory.object(memory),
                        blocking,
                        offset,
                        bytes(source),
                        pointer(source),
                        0,
                        null,
                        done));
    }

    void read(OpenCl.Memory memory, long offset, Buffer target) {
        transfer(
                "clEnqueueReadBuffer",
                (blocking, done) -> clEnqueueReadBuffer(
                        queue,
                        JoclMemory.object(memory),
                        blocking,
                        offset,
                        bytes(target),
                        pointer(target),
                        0,
                        null,
                        done));
    }

    private static long bytes(Buffer buffer) {
        int ofElement = buffer instanceof ByteBuffer
                ? Byte.BYTES
                : buffer instanceof ShortBuffer
                        ? Short.BYTES
                        : buffer instanceof FloatBuffer
                                ? Float.BYTES
                                : buffer instanceof DoubleBuffer ? Double.BYTES : 0;
        if (ofElement == 0) {
            throw new IllegalArgumentException("expected bytes, shorts, floats or doubles, got " + buffer);
        }
        return (long) ofElement * buffer.remaining();
    }

    /** Of a slice: Pointer.toBuffer would move the buffer's position for a moment, which another thread might see. */
    private static Pointer pointer(Buffer buffer) {
        return Pointer.to(buffer.slice());
    }

    ByteBuffer map(OpenCl.Memory memory, long offset, long bytes, OpenCl.Access access) {
        ByteBuffer[] mapped = new ByteBuffer[1];
        transfer("clEnqueueMapBuffer", (blocking, done) -> {
            int[] code = new int[1];
            mapped[0] = mapped(code, memory, blocking, flags(access), offset, bytes, done);
            return code[0];
        });
        return mapped[0].order(ByteOrder.nativeOrder());
    }

    private static long flags(OpenCl.Access access) {
        return switch (access) {
            case READ -> CL_MAP_READ;
            case OVERWRITE -> CL_MAP_WRITE_INVALIDATE_REGION;
            case READ_AND_WRITE -> CL_MAP_READ | CL_MAP_WRITE;
        };
    }

    OpenCl.Mapped enqueueMap(OpenCl.Memory memory, long offset, long bytes, OpenCl.Access access) {
        ByteBuffer[] mapped = new ByteBuffer[1];
        cl_event ready = new cl_event();
        enqueue("clEnqueueMapBuffer", () -> {
            int[] code = new int[1];
            mapped[0] = mapped(code, memory, false, flags(access), offset, bytes, ready);
            return code[0];
        });
        return new OpenCl.Mapped(mapped[0].order(ByteOrder.nativeOrder()), new OpenCl.Event(ready));
    }

    private ByteBuffer mapped(
            int[] code, OpenCl.Memory memory, boolean blocking, long flags, long offset, long bytes, cl_event done) {
        return created(
                code,
                () -> clEnqueueMapBuffer(
                        queue, JoclMemory.object(memory), blocking, flags, offset, bytes, 0, null, done, code));
    }

    void unmap(OpenCl.Memory memory, ByteBuffer mapped) {
        enqueue(
                "clEnqueueUnmapMemObject",
                () -> clEnqueueUnmapMemObject(queue, JoclMemory.object(memory), mapped, 0, null, null));
    }

    void await(OpenCl.Event event) {
        check.run(() -> clWaitForEvents(1, new cl_event[] {(cl_event) event.handle()}), "clWaitForEvents");
    }

    void copy(OpenCl.Memory from, OpenCl.Memory to, long bytes) {
        enqueue(
                "clEnqueueCopyBuffer",
                () -> clEnqueueCopyBuffer(
                        queue, JoclMemory.object(from), JoclMemory.object(to), 0, 0, bytes, 0, null, null));
    }

    void fill(OpenCl.Memory memory, byte[] pattern, long bytes) {
        enqueue(
                "clEnqueueFillBuffer",
                () -> clEnqueueFillBuffer(
                        queue,
                        JoclMemory.object(memory),
                        Pointer.to(pattern),
                        pattern.length,
                        0,
                        bytes,
                        0,
                        null,
                        null));
    }

    OpenCl.Event enqueue(OpenCl.Kernel kernel, long workGroups, int workGroupSize, boolean timed) {
        cl_event event = timed ? new cl_event() : null;
        workItems[0] = workGroups * workGroupSize;
        workItemsOfGroup[0] = workGroupSize;
        enqueue(
                "clEnqueueNDRangeKernel",
                () -> clEnqueueNDRangeKernel(
                        queue, (cl_kernel) kernel.handle(), 1, null, workItems, workItemsOfGroup, 0, null, event));
        return timed ? new OpenCl.Event(event) : null;
    }

    long nanoseconds(OpenCl.Event event) {
        return profiled(event, CL_PROFILING_COMMAND_END) - profiled(event, CL_PROFILING_COMMAND_START);
    }

    private long profiled(OpenCl.Event event, int what) {
        long[] time = new long[1];
        check.run(
                () -> clGetEventProfilingInfo((cl_event) event.handle(), what, Sizeof.cl_ulong, Pointer.to(time), null),
                "clGetEventProfilingInfo");
        return time[0];
    }

    OpenCl.Event mark() {
        cl_event event = new cl_event();
        check.run(() -> clEnqueueMarkerWithWaitList(queue, 0, null, event), "clEnqueueMarkerWithWaitList");
        int flushed = code(() -> clFlush(queue));
        if (flushed != CL_SUCCESS) {
            code(() -> clReleaseEvent(event));
        }
        check.of(flushed, "clFlush");
        return new OpenCl.Event(event);
    }

    void waitFor(OpenCl.Event... events) {
        cl_event[] list = new cl_event[events.length];
        for (int i = 0; i < list.length; i++) {
            list[i] = (cl_event) events[i].handle();
            flushQueueOf(list[i]);
        }
        check.run(() -> clEnqueueBarrierWithWaitList(queue, list.length, list, null), "clEnqueueBarrierWithWaitList");
        check.run(() -> clFlush(queue), "clFlush");
    }

    /** A command that was not sent to its device never ends. A user event has no queue. */
    void flushQueueOf(cl_event event) {
        cl_command_queue of = new cl_command_queue();
        int code = code(
                () -> clGetEventInfo(event, CL_EVENT_COMMAND_QUEUE, Sizeof.cl_command_queue, Pointer.to(of), null));
        if (code == CL_SUCCESS && !of.equals(NONE) && !of.equals(queue)) {
            check.run(() -> clFlush(of), "clFlush");
        }
    }

    EventInfo describe(OpenCl.Event event) {
        cl_event object = (cl_event) event.handle();
        cl_context of = new cl_context();
        check.run(
                () -> clGetEventInfo(object, CL_EVENT_CONTEXT, Sizeof.cl_context, Pointer.to(of), null),
                "clGetEventInfo");
        int[] status = new int[1];
        check.run(
                () -> clGetEventInfo(
                        object, CL_EVENT_COMMAND_EXECUTION_STATUS, Sizeof.cl_int, Pointer.to(status), null),
                "clGetEventInfo");
        return new EventInfo(of, status[0]);
    }

    void release(OpenCl.Event event) {
        check.run(() -> clReleaseEvent((cl_event) event.handle()), "clReleaseEvent");
    }

    void flush() {
        if (outOfOrder) {
            synchronized (order) {
                barrier();
            }
        }
        check.run(() -> clFlush(queue), "clFlush");
    }

    void finish() {
        check.run(() -> clFinish(queue), "clFinish");
    }

    /** Whether a queue runs its commands out of order. */
    static boolean isOutOfOrder(JoclCheck check, cl_command_queue queue) {
        long[] properties = new long[1];
        check.run(
                () -> clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, Sizeof.cl_ulong, Pointer.to(properties), null),
                "clGetCommandQueueInfo");
        return (properties[0] & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE) != 0;
    }
}
