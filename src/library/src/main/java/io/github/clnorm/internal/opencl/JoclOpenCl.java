package io.github.clnorm.internal.opencl;

import static io.github.clnorm.internal.driver.JoclCalls.code;
import static io.github.clnorm.internal.driver.JoclCalls.created;
import static org.jocl.CL.*;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.DriverAnswer;
import io.github.clnorm.internal.driver.FirstLoad;
import io.github.clnorm.internal.driver.JvmSignalHandlers;
import io.github.clnorm.internal.driver.Quirks;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.function.IntSupplier;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_event;
import org.jocl.cl_kernel;
import org.jocl.cl_mem;
import org.jocl.cl_program;

/** OpenCL through JOCL, on one context and one in-order queue. Thread-safety: see {@link OpenCl}. */
public final class JoclOpenCl implements OpenCl {

    // A driver that reports a larger binary is in error.
    private static final long MOST_BINARY = 64 << 20;
    private static final int MOST_LOG_BYTES = 16 << 20;
    private static final int MOST_LOG = 64 << 10;

    private final String description;
    private final cl_device_id device;
    private final cl_context context;
    private final cl_command_queue queue;

    /** A buffer, and the pointer that sets it as an argument. */
    private record Buffer(cl_mem memory, Pointer pointer) {}

    // Reused for every launch.
    private final long[] workItems = new long[1];
    private final long[] workItemsOfGroup = new long[1];

    // Reused for every scalar argument: clSetKernelArg copies the value before it returns.
    private final int[] uint = new int[1];
    private final long[] ulong = new long[1];
    private final float[] real = new float[1];
    private final double[] real64 = new double[1];
    private final Pointer uintPointer = Pointer.to(uint);
    private final Pointer ulongPointer = Pointer.to(ulong);
    private final Pointer realPointer = Pointer.to(real);
    private final Pointer real64Pointer = Pointer.to(real64);

    // Some drivers' clFinish returns early; a blocking read does not.
    private final boolean finishesEarly;
    private final ByteBuffer awaited = ByteBuffer.allocateDirect(Float.BYTES);
    private Memory awaitedOnDevice;

    private JoclOpenCl(DeviceInfo info, cl_context context, cl_command_queue queue) {
        this.description = info.description();
        this.finishesEarly = Quirks.finishesEarly(info);
        this.device = info.handle().device();
        this.context = context;
        this.queue = queue;
    }

    /**
     * Opens a device with a context and a queue of its own.
     *
     * @param info the device
     * @param timed whether launches can be timed; makes some drivers a little slower
     * @return the port
     * @throws ClException when the device cannot be opened
     * @throws io.github.clnorm.device.NoDeviceException when opening the device with this driver crashes the process
     */
    public static JoclOpenCl open(DeviceInfo info, boolean timed) {
        return FirstLoad.opening(info, () -> opened(info, timed));
    }

    private static JoclOpenCl opened(DeviceInfo info, boolean timed) {
        int[] code = new int[1];
        cl_context_properties properties = new cl_context_properties();
        properties.addProperty(CL_CONTEXT_PLATFORM, info.handle().platform());
        cl_device_id[] devices = {info.handle().device()};
        cl_context context = created(code, () -> clCreateContext(properties, 1, devices, null, null, code));
        check(code[0], "clCreateContext", info.description());
        // The call of OpenCL 1.2: not every device has clCreateCommandQueueWithProperties.
        @SuppressWarnings("deprecation")
        cl_command_queue queue = created(
                code, () -> clCreateCommandQueue(context, devices[0], timed ? CL_QUEUE_PROFILING_ENABLE : 0, code));
        if (code[0] != CL_SUCCESS) {
            code(() -> clReleaseContext(context));
        }
        check(code[0], "clCreateCommandQueue", info.description());
        return new JoclOpenCl(info, context, queue);
    }

    /**
     * Works on the caller's context and queue. Retains both; {@link #close()} releases them.
     *
     * @param info the queue's device
     * @param context the context
     * @param queue an in-order queue of it
     * @return the port
     */
    public static JoclOpenCl on(DeviceInfo info, cl_context context, cl_command_queue queue) {
        check(() -> clRetainContext(context), "clRetainContext", info.description());
        int code = code(() -> clRetainCommandQueue(queue));
        if (code != CL_SUCCESS) {
            code(() -> clReleaseContext(context));
        }
        check(code, "clRetainCommandQueue", info.description());
        return new JoclOpenCl(info, context, queue);
    }

    /**
     * The device of a queue.
     *
     * @param context the context that it must belong to
     * @param queue an in-order queue
     * @return its device, which may be a sub-device
     * @throws IllegalArgumentException when the queue belongs to another context, or is not in order
     * @throws ClException when it is not a queue
     */
    public static cl_device_id deviceOf(cl_context context, cl_command_queue queue) {
        Objects.requireNonNull(context, "context");
        Objects.requireNonNull(queue, "queue");
        cl_context own = new cl_context();
        check(
                () -> clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, Sizeof.cl_context, Pointer.to(own), null),
                "clGetCommandQueueInfo",
                "the given queue");
        if (!own.equals(context)) {
            throw new IllegalArgumentException(
                    "the queue belongs to another context than the given one: create it in the"
                            + " context that the backend works in");
        }
        return deviceOf(queue);
    }

    /**
     * The device of a queue.
     *
     * @param queue an in-order queue
     * @return its device, which may be a sub-device
     * @throws IllegalArgumentException when the queue is not in order
     * @throws ClException when it is not a queue
     */
    public static cl_device_id deviceOf(cl_command_queue queue) {
        long[] properties = new long[1];
        check(
                () -> clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, Sizeof.cl_ulong, Pointer.to(properties), null),
                "clGetCommandQueueInfo",
                "the given queue");
        if ((properties[0] & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE) != 0) {
            throw new IllegalArgumentException("the queue runs out of order, expected an in-order queue");
        }
        cl_device_id device = new cl_device_id();
        check(
                () -> clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, Sizeof.cl_device_id, Pointer.to(device), null),
                "clGetCommandQueueInfo",
                "the given queue");
        return device;
    }

    @Override
    public Memory createBuffer(long bytes) {
        int[] code = new int[1];
        cl_mem memory = created(code, () -> clCreateBuffer(context, CL_MEM_READ_WRITE, bytes, null, code));
        check(code[0], "clCreateBuffer");
        return new Memory(new Buffer(memory, Pointer.to(memory)));
    }

    private static cl_mem memory(Memory memory) {
        return ((Buffer) memory.handle()).memory;
    }

    @Override
    public void release(Memory memory) {
        check(() -> clReleaseMemObject(memory(memory)), "clReleaseMemObject");
    }

    @Override
    public void write(Memory memory, long offset, ByteBuffer source) {
        check(
                () -> clEnqueueWriteBuffer(
                        queue,
                        memory(memory),
                        true,
                        offset,
                        source.remaining(),
                        Pointer.toBuffer(source),
                        0,
                        null,
                        null),
                "clEnqueueWriteBuffer");
    }

    @Override
    public void read(Memory memory, long offset, ByteBuffer target) {
        check(
                () -> clEnqueueReadBuffer(
                        queue,
                        memory(memory),
                        true,
                        offset,
                        target.remaining(),
                        Pointer.toBuffer(target),
                        0,
                        null,
                        null),
                "clEnqueueReadBuffer");
    }

    @Override
    public void copy(Memory from, Memory to, long bytes) {
        check(
                () -> clEnqueueCopyBuffer(queue, memory(from), memory(to), 0, 0, bytes, 0, null, null),
                "clEnqueueCopyBuffer");
    }

    @Override
    public void fill(Memory memory, byte[] pattern, long bytes) {
        check(
                () -> clEnqueueFillBuffer(
                        queue, memory(memory), Pointer.to(pattern), pattern.length, 0, bytes, 0, null, null),
                "clEnqueueFillBuffer");
    }

    @Override
    public Program build(String source, String options) {
        int[] code = new int[1];
        cl_program program =
                created(code, () -> clCreateProgramWithSource(context, 1, new String[] {source}, null, code));
        check(code[0], "clCreateProgramWithSource");
        return built(program, options);
    }

    @Override
    public Program load(byte[] binary, String options) {
        int[] code = new int[1];
        int[] ofBinary = new int[1];
        cl_program program = created(
                code,
                () -> clCreateProgramWithBinary(
                        context,
                        1,
                        new cl_device_id[] {device},
                        new long[] {binary.length},
                        new byte[][] {binary},
                        ofBinary,
                        code));
        check(code[0], "clCreateProgramWithBinary");
        return built(program, options);
    }

    private Program built(cl_program program, String options) {
        int built = JvmSignalHandlers.keptDuring(
                () -> code(() -> clBuildProgram(program, 1, new cl_device_id[] {device}, options, null, null)));
        if (built != CL_SUCCESS) {
            String log = buildLog(program);
            code(() -> clReleaseProgram(program));
            throw new ClException(built, "clBuildProgram", description, log);
        }
        return new Program(program);
    }

    @Override
    public byte[] binary(Program program) {
        cl_program of = (cl_program) program.handle();
        // A caller's context may have several devices, and then as many binaries.
        int[] devices = new int[1];
        check(
                () -> clGetProgramInfo(of, CL_PROGRAM_NUM_DEVICES, Sizeof.cl_uint, Pointer.to(devices), null),
                "clGetProgramInfo");
        if (devices[0] != 1) {
            return new byte[0];
        }
        long[] size = new long[1];
        check(
                () -> clGetProgramInfo(of, CL_PROGRAM_BINARY_SIZES, Sizeof.size_t, Pointer.to(size), null),
                "clGetProgramInfo");
        if (size[0] <= 0 || size[0] > MOST_BINARY) {
            return new byte[0];
        }
        ByteBuffer direct = ByteBuffer.allocateDirect((int) size[0]);
        Pointer binaries = Pointer.to(Pointer.toBuffer(direct));
        check(() -> clGetProgramInfo(of, CL_PROGRAM_BINARIES, Sizeof.POINTER, binaries, null), "clGetProgramInfo");
        byte[] binary = new byte[direct.capacity()];
        direct.get(binary);
        return binary;
    }

    private String buildLog(cl_program program) {
        return buildLog((bytes, size) -> code(() -> clGetProgramBuildInfo(
                program,
                device,
                CL_PROGRAM_BUILD_LOG,
                bytes == null ? 0 : bytes.length,
                bytes == null ? null : Pointer.to(bytes),
                size)));
    }

    /** The compiler's log, cut to the length of a message. */
    static String buildLog(DriverAnswer.Query query) {
        DriverAnswer log = DriverAnswer.of(query, MOST_LOG_BYTES);
        if (log.code() != CL_SUCCESS) {
            return "(the log cannot be read: clGetProgramBuildInfo answered " + log.code() + ", and a size of "
                    + Long.toUnsignedString(log.size()) + " bytes)";
        }
        int more = log.text().length() - MOST_LOG;
        return more <= 0 ? log.text() : log.text().substring(0, MOST_LOG) + "\n(" + more + " more characters)";
    }

    @Override
    public void release(Program program) {
        check(() -> clReleaseProgram((cl_program) program.handle()), "clReleaseProgram");
    }

    @Override
    public Kernel createKernel(Program program, String name) {
        int[] code = new int[1];
        cl_kernel kernel = created(code, () -> clCreateKernel((cl_program) program.handle(), name, code));
        check(code[0], "clCreateKernel");
        return new Kernel(kernel, name);
    }

    @Override
    public void release(Kernel kernel) {
        check(() -> clReleaseKernel((cl_kernel) kernel.handle()), "clReleaseKernel");
    }

    @Override
    public long workGroupLimit(Kernel kernel) {
        long[] limit = new long[1];
        check(
                () -> clGetKernelWorkGroupInfo(
                        (cl_kernel) kernel.handle(),
                        device,
                        CL_KERNEL_WORK_GROUP_SIZE,
                        Sizeof.size_t,
                        Pointer.to(limit),
                        null),
                "clGetKernelWorkGroupInfo");
        return limit[0];
    }

    @Override
    public void setArgument(Kernel kernel, int index, Memory memory) {
        Pointer pointer = memory == null ? null : ((Buffer) memory.handle()).pointer;
        setArgument(kernel, index, Sizeof.cl_mem, pointer);
    }

    @Override
    public void setArgument(Kernel kernel, int index, int value) {
        uint[0] = value;
        setArgument(kernel, index, Sizeof.cl_uint, uintPointer);
    }

    @Override
    public void setArgument(Kernel kernel, int index, long value) {
        ulong[0] = value;
        setArgument(kernel, index, Sizeof.cl_ulong, ulongPointer);
    }

    @Override
    public void setArgument(Kernel kernel, int index, float value) {
        real[0] = value;
        setArgument(kernel, index, Sizeof.cl_float, realPointer);
    }

    @Override
    public void setArgument(Kernel kernel, int index, double value) {
        real64[0] = value;
        setArgument(kernel, index, Sizeof.cl_double, real64Pointer);
    }

    @Override
    public void setLocalArgument(Kernel kernel, int index, long bytes) {
        setArgument(kernel, index, bytes, null);
    }

    private void setArgument(Kernel kernel, int index, long bytes, Pointer value) {
        check(() -> clSetKernelArg((cl_kernel) kernel.handle(), index, bytes, value), "clSetKernelArg");
    }

    @Override
    public Event enqueue(Kernel kernel, long workGroups, int workGroupSize, boolean timed) {
        cl_event event = timed ? new cl_event() : null;
        workItems[0] = workGroups * workGroupSize;
        workItemsOfGroup[0] = workGroupSize;
        check(
                () -> clEnqueueNDRangeKernel(
                        queue, (cl_kernel) kernel.handle(), 1, null, workItems, workItemsOfGroup, 0, null, event),
                "clEnqueueNDRangeKernel");
        return timed ? new Event(event) : null;
    }

    @Override
    public long nanoseconds(Event event) {
        return profiled(event, CL_PROFILING_COMMAND_END) - profiled(event, CL_PROFILING_COMMAND_START);
    }

    private long profiled(Event event, int what) {
        long[] time = new long[1];
        check(
                () -> clGetEventProfilingInfo((cl_event) event.handle(), what, Sizeof.cl_ulong, Pointer.to(time), null),
                "clGetEventProfilingInfo");
        return time[0];
    }

    @Override
    public void release(Event event) {
        check(() -> clReleaseEvent((cl_event) event.handle()), "clReleaseEvent");
    }

    @Override
    public void flush() {
        check(() -> clFlush(queue), "clFlush");
    }

    @Override
    public void finish() {
        check(() -> clFinish(queue), "clFinish");
        if (finishesEarly) {
            read(awaitedOnDevice(), 0, awaited);
        }
    }

    /** Read by {@link #finish}, possibly by several threads at a time. The content is ignored. */
    private synchronized Memory awaitedOnDevice() {
        if (awaitedOnDevice == null) {
            awaitedOnDevice = createBuffer(awaited.capacity());
        }
        return awaitedOnDevice;
    }

    @Override
    public void close() {
        if (awaitedOnDevice != null) {
            code(() -> clReleaseMemObject(memory(awaitedOnDevice)));
        }
        code(() -> clReleaseCommandQueue(queue));
        code(() -> clReleaseContext(context));
    }

    private void check(IntSupplier call, String name) {
        check(code(call), name);
    }

    private void check(int code, String call) {
        check(code, call, description);
    }

    private static void check(IntSupplier call, String name, String device) {
        check(code(call), name, device);
    }

    private static void check(int code, String call, String device) {
        if (code != CL_SUCCESS) {
            throw new ClException(code, call, device);
        }
    }
}
