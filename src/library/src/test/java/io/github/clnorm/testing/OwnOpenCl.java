package io.github.clnorm.testing;

import static org.jocl.CL.*;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.clnorm.Backend;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.type.Tuning;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_buffer_region;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_event;
import org.jocl.cl_kernel;
import org.jocl.cl_mem;
import org.jocl.cl_program;

/** An application with plain JOCL around clnorm: a context of its own on a device, with queues, buffers and kernels. */
public final class OwnOpenCl implements AutoCloseable {

    private static final int MOST_TRIES = 1_000_000;

    private final cl_device_id device;
    private final cl_context context;
    // Released in the reverse order.
    private final Deque<Runnable> releases = new ArrayDeque<>();

    public OwnOpenCl(DeviceInfo info) {
        this(info, info.handle().device());
    }

    /** The same on sub-devices; the first one gets the queues, unless another is named. */
    public OwnOpenCl(DeviceInfo info, cl_device_id... devices) {
        this.device = devices[0];
        cl_context_properties properties = new cl_context_properties();
        properties.addProperty(CL_CONTEXT_PLATFORM, info.handle().platform());
        int[] code = new int[1];
        context = clCreateContext(properties, devices.length, devices, null, null, code);
        check(code[0], "clCreateContext");
        releases.push(() -> clReleaseContext(context));
    }

    public static void check(int code, String call) {
        assertEquals(CL_SUCCESS, code, call);
    }

    public cl_context context() {
        return context;
    }

    public cl_command_queue queue() {
        return queue(0);
    }

    public cl_command_queue queue(long properties) {
        return queue(device, properties);
    }

    @SuppressWarnings("deprecation")
    public cl_command_queue queue(cl_device_id of, long properties) {
        int[] code = new int[1];
        cl_command_queue queue = clCreateCommandQueue(context, of, properties, code);
        check(code[0], "clCreateCommandQueue");
        releases.push(() -> clReleaseCommandQueue(queue));
        return queue;
    }

    /** A backend on a new queue. */
    public Backend backend() {
        return backend(queue());
    }

    /** A backend on a queue. */
    public Backend backend(cl_command_queue queue) {
        Backend backend = Backend.on(context, queue, Tuning.OFF);
        releases.push(backend::close);
        return backend;
    }

    public cl_mem buffer(long bytes) {
        return buffer(CL_MEM_READ_WRITE, bytes);
    }

    public cl_mem buffer(long flags, long bytes) {
        int[] code = new int[1];
        cl_mem memory = clCreateBuffer(context, flags, bytes, null, code);
        check(code[0], "clCreateBuffer");
        releases.push(() -> clReleaseMemObject(memory));
        return memory;
    }

    /** A buffer with values. */
    public cl_mem buffer(long flags, float... values) {
        int[] code = new int[1];
        cl_mem memory = clCreateBuffer(
                context, flags | CL_MEM_COPY_HOST_PTR, (long) values.length * Float.BYTES, Pointer.to(values), code);
        check(code[0], "clCreateBuffer");
        releases.push(() -> clReleaseMemObject(memory));
        return memory;
    }

    public cl_mem part(cl_mem buffer, long offset, long bytes) {
        int[] code = new int[1];
        cl_mem part =
                clCreateSubBuffer(buffer, 0, CL_BUFFER_CREATE_TYPE_REGION, new cl_buffer_region(offset, bytes), code);
        check(code[0], "clCreateSubBuffer");
        releases.push(() -> clReleaseMemObject(part));
        return part;
    }

    /** What the offset of a sub-buffer is a multiple of. */
    public int alignment() {
        int[] bits = new int[1];
        check(
                clGetDeviceInfo(device, CL_DEVICE_MEM_BASE_ADDR_ALIGN, Sizeof.cl_uint, Pointer.to(bits), null),
                "clGetDeviceInfo");
        return bits[0] / Byte.SIZE;
    }

    public boolean hasOutOfOrderQueues() {
        long[] properties = new long[1];
        check(
                clGetDeviceInfo(
                        device, CL_DEVICE_QUEUE_ON_HOST_PROPERTIES, Sizeof.cl_ulong, Pointer.to(properties), null),
                "clGetDeviceInfo");
        return (properties[0] & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE) != 0;
    }

    public cl_kernel kernel(String name, String source) {
        int[] code = new int[1];
        cl_program program = clCreateProgramWithSource(context, 1, new String[] {source}, null, code);
        check(code[0], "clCreateProgramWithSource");
        check(clBuildProgram(program, 1, new cl_device_id[] {device}, null, null, null), "clBuildProgram");
        cl_kernel kernel = clCreateKernel(program, name, code);
        check(code[0], "clCreateKernel");
        releases.push(() -> clReleaseKernel(kernel));
        releases.push(() -> clReleaseProgram(program));
        return kernel;
    }

    /** Enqueues a kernel whose arguments are buffers; returns its event, which this object releases. */
    public cl_event launch(cl_command_queue queue, cl_kernel kernel, long items, cl_event after, cl_mem... buffers) {
        for (int i = 0; i < buffers.length; i++) {
            check(clSetKernelArg(kernel, i, Sizeof.cl_mem, Pointer.to(buffers[i])), "clSetKernelArg");
        }
        cl_event done = new cl_event();
        check(
                clEnqueueNDRangeKernel(
                        queue,
                        kernel,
                        1,
                        null,
                        new long[] {items},
                        null,
                        after == null ? 0 : 1,
                        after == null ? null : new cl_event[] {after},
                        done),
                "clEnqueueNDRangeKernel");
        released(done);
        return done;
    }

    public cl_event released(cl_event event) {
        releases.push(() -> clReleaseEvent(event));
        return event;
    }

    public float[] read(cl_command_queue queue, cl_mem memory, int count) {
        float[] values = new float[count];
        check(
                clEnqueueReadBuffer(
                        queue, memory, true, 0, (long) count * Float.BYTES, Pointer.to(values), 0, null, null),
                "clEnqueueReadBuffer");
        return values;
    }

    public void write(cl_command_queue queue, cl_mem memory, float... values) {
        check(
                clEnqueueWriteBuffer(
                        queue, memory, true, 0, (long) values.length * Float.BYTES, Pointer.to(values), 0, null, null),
                "clEnqueueWriteBuffer");
    }

    /** The execution status of an event. */
    public static int status(cl_event event) {
        int[] status = new int[1];
        check(
                clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, Sizeof.cl_int, Pointer.to(status), null),
                "clGetEventInfo");
        return status[0];
    }

    /** Blocks until a buffer has that many references: drivers hold one for each command until they forget it. */
    public static void assertReferences(int expected, cl_mem memory) {
        for (int tries = 0; tries < MOST_TRIES && references(memory) != expected; tries++) {
            Thread.yield();
        }
        assertEquals(expected, references(memory), "references");
    }

    private static int references(cl_mem memory) {
        int[] count = new int[1];
        check(
                clGetMemObjectInfo(memory, CL_MEM_REFERENCE_COUNT, Sizeof.cl_uint, Pointer.to(count), null),
                "clGetMemObjectInfo");
        return count[0];
    }

    @Override
    public void close() {
        while (!releases.isEmpty()) {
            releases.pop().run();
        }
    }
}
