package io.github.clnorm.internal.opencl;

import static io.github.clnorm.internal.driver.JoclCalls.code;
import static io.github.clnorm.internal.driver.JoclCalls.created;
import static org.jocl.CL.*;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.FirstLoad;
import io.github.clnorm.internal.driver.Quirks;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_event;
import org.jocl.cl_mem;

/** OpenCL through JOCL, on one context and one queue. Thread-safety: see {@link OpenCl}. */
public final class JoclOpenCl implements OpenCl {

    private final cl_context context;
    private final cl_command_queue commandQueue;
    private final JoclMemory memory;
    private final JoclPrograms programs;
    private final JoclArguments arguments;
    private final JoclQueue queue;

    // Some drivers' clFinish returns early; a blocking read does not.
    private final boolean finishesEarly;
    private final ByteBuffer awaited = ByteBuffer.allocateDirect(Float.BYTES);
    private Memory awaitedOnDevice;

    private JoclOpenCl(
            DeviceInfo info,
            cl_device_id device,
            cl_context context,
            cl_command_queue commandQueue,
            boolean outOfOrder,
            Supplier<Optional<PagedBuffers>> pages) {
        JoclCheck check = new JoclCheck(info.description());
        this.context = context;
        this.commandQueue = commandQueue;
        this.memory = new JoclMemory(check, context, device, pages);
        this.programs = new JoclPrograms(check, context, device);
        this.arguments = new JoclArguments(check);
        this.queue = new JoclQueue(check, commandQueue, outOfOrder);
        this.finishesEarly = Quirks.finishesEarly(info);
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
        return FirstLoad.opening(info, () -> opened(info, timed, pages(info)));
    }

    /** The memory that clnorm's own buffers on a device are made on. */
    private static Supplier<Optional<PagedBuffers>> pages(DeviceInfo info) {
        return Quirks.takesHostPages(info) ? PagedBuffers::ofProcess : Optional::empty;
    }

    /**
     * Opens a device as {@link #open} does, for a process that makes few passes. All buffers are in memory of the driver:
     * mapping huge pages needs JNA, whose start takes longer than they save.
     *
     * @param info the device
     * @param timed whether launches can be timed; makes some drivers a little slower
     * @return the port
     * @throws ClException when the device cannot be opened
     * @throws io.github.clnorm.device.NoDeviceException when opening the device with this driver crashes the process
     */
    public static JoclOpenCl openBriefly(DeviceInfo info, boolean timed) {
        return FirstLoad.opening(info, () -> opened(info, timed, Optional::empty));
    }

    /** The same with other memory for buffers. */
    static JoclOpenCl opened(DeviceInfo info, boolean timed, Supplier<Optional<PagedBuffers>> pages) {
        cl_device_id device = info.handle().device();
        return opened(info, device, timed, pages, device);
    }

    /**
     * Works on a device of a new context whose commands another device of the same driver runs.
     *
     * @param info the device, which messages name
     * @param runner the device that runs commands
     */
    static JoclOpenCl openedWith(DeviceInfo info, cl_device_id runner) {
        return opened(info, runner, false, pages(info), info.handle().device(), runner);
    }

    private static JoclOpenCl opened(
            DeviceInfo info,
            cl_device_id runner,
            boolean timed,
            Supplier<Optional<PagedBuffers>> pages,
            cl_device_id... devices) {
        JoclCheck check = new JoclCheck(info.description());
        int[] code = new int[1];
        cl_context_properties properties = new cl_context_properties();
        properties.addProperty(CL_CONTEXT_PLATFORM, info.handle().platform());
        cl_context context =
                created(code, () -> clCreateContext(properties, devices.length, devices, null, null, code));
        check.of(code[0], "clCreateContext");
        try {
            return new JoclOpenCl(info, runner, context, JoclQueue.create(check, context, runner, timed), false, pages);
        } catch (ClException e) {
            code(() -> clReleaseContext(context));
            throw e;
        }
    }

    /**
     * Works on the caller's context and queue. Retains both; {@link #close()} releases them.
     *
     * @param info the queue's device
     * @param context the context
     * @param queue a queue of it, in order or out of order
     * @return the port
     */
    public static JoclOpenCl on(DeviceInfo info, cl_context context, cl_command_queue queue) {
        JoclCheck check = new JoclCheck(info.description());
        boolean outOfOrder = JoclQueue.isOutOfOrder(check, queue);
        check.run(() -> clRetainContext(context), "clRetainContext");
        int code = code(() -> clRetainCommandQueue(queue));
        if (code != CL_SUCCESS) {
            code(() -> clReleaseContext(context));
        }
        check.of(code, "clRetainCommandQueue");
        return new JoclOpenCl(info, info.handle().device(), context, queue, outOfOrder, Optional::empty);
    }

    /**
     * The device of a queue.
     *
     * @param context the context that it must belong to
     * @param queue the queue
     * @return its device, which may be a sub-device
     * @throws IllegalArgumentException when it is not a queue, or belongs to another context
     */
    public static cl_device_id deviceOf(cl_context context, cl_command_queue queue) {
        Objects.requireNonNull(context, "context");
        Objects.requireNonNull(queue, "queue");
        JoclCheck check = new JoclCheck("the given queue");
        cl_context own = new cl_context();
        try {
            check.run(
                    () -> clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, Sizeof.cl_context, Pointer.to(own), null),
                    "clGetCommandQueueInfo");
        } catch (ClException e) {
            throw new IllegalArgumentException(
                    "Expected a command queue, but clGetCommandQueueInfo answers " + e.codeName()
                            + " for this one: it was released, or never created",
                    e);
        }
        if (!own.equals(context)) {
            throw new IllegalArgumentException(
                    "the queue belongs to another context than the given one: create it in the"
                            + " context that the backend works in");
        }
        cl_device_id device = new cl_device_id();
        check.run(
                () -> clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, Sizeof.cl_device_id, Pointer.to(device), null),
                "clGetCommandQueueInfo");
        return device;
    }

    /**
     * The handle of a caller's buffer.
     *
     * @param memory not retained
     * @return the handle
     */
    public static Memory memory(cl_mem memory) {
        return JoclMemory.of(Objects.requireNonNull(memory, "memory"));
    }

    /**
     * The OpenCL object of a buffer.
     *
     * @param memory of a port of this class
     * @return the object, not retained
     */
    public static cl_mem object(Memory memory) {
        return JoclMemory.object(memory);
    }

    /**
     * The handle of a caller's event.
     *
     * @param event not retained
     * @return the handle
     */
    public static Event event(cl_event event) {
        return new Event(Objects.requireNonNull(event, "event"));
    }

    /**
     * The OpenCL object of an event.
     *
     * @param event of a port of this class
     * @return the object, not retained
     */
    public static cl_event object(Event event) {
        return (cl_event) event.handle();
    }

    cl_context clContext() {
        return context;
    }

    /** A seat whose kernels run on a device of the context. */
    Seat seat(int index, JoclCheck check, cl_device_id runner) {
        return new Seat(index, check, context, runner, programs);
    }

    /** Sends the commands before an event to their device. */
    void flushQueueOf(Event event) {
        queue.flushQueueOf(object(event));
    }

    @Override
    public Object context() {
        return context;
    }

    @Override
    public Memory createBuffer(long bytes) {
        return memory.create(bytes);
    }

    @Override
    public Memory createPinnedBuffer(long bytes) {
        return memory.createPinned(bytes);
    }

    @Override
    public Memory createBufferOn(ByteBuffer host) {
        return memory.createOn(host);
    }

    @Override
    public Memory createSubBuffer(Memory parent, long offset, long bytes) {
        return memory.createSub(parent, offset, bytes);
    }

    @Override
    public long subBufferAlignment() {
        return memory.subBufferAlignment();
    }

    @Override
    public MemoryInfo describe(Memory of) {
        return memory.describe(of);
    }

    @Override
    public void retain(Memory of) {
        memory.retain(of);
    }

    @Override
    public void release(Memory of) {
        memory.release(of);
    }

    @Override
    public boolean sharesHostMemory() {
        return memory.isHosts();
    }

    @Override
    public ByteBuffer map(Memory of, long offset, long bytes, Access access) {
        return queue.map(of, offset, bytes, access);
    }

    @Override
    public Mapped enqueueMap(Memory of, long offset, long bytes, Access access) {
        return queue.enqueueMap(of, offset, bytes, access);
    }

    @Override
    public void unmap(Memory of, ByteBuffer mapped) {
        queue.unmap(of, mapped);
    }

    @Override
    public void write(Memory to, long offset, Buffer source) {
        queue.write(to, offset, source);
        if (finishesEarly) {
            // The source belongs to the caller again, who may change it.
            awaitCommands();
        }
    }

    @Override
    public void read(Memory from, long offset, Buffer target) {
        queue.read(from, offset, target);
    }

    @Override
    public void copy(Memory from, Memory to, long bytes) {
        queue.copy(from, to, bytes);
    }

    @Override
    public void fill(Memory to, byte[] pattern, long bytes) {
        queue.fill(to, pattern, bytes);
    }

    @Override
    public Program build(String source, String options) {
        return programs.build(source, options);
    }

    @Override
    public byte[] binary(Program program) {
        return programs.binary(program);
    }

    @Override
    public Program load(byte[] binary, String options) {
        return programs.load(binary, options);
    }

    @Override
    public void release(Program program) {
        programs.release(program);
    }

    @Override
    public Kernel createKernel(Program program, String name) {
        return programs.createKernel(program, name);
    }

    @Override
    public void release(Kernel kernel) {
        programs.release(kernel);
    }

    @Override
    public long workGroupLimit(Kernel kernel) {
        return programs.workGroupLimit(kernel);
    }

    @Override
    public void setArgument(Kernel kernel, int index, Memory value) {
        arguments.set(kernel, index, value);
    }

    @Override
    public void setArgument(Kernel kernel, int index, int value) {
        arguments.set(kernel, index, value);
    }

    @Override
    public void setArgument(Kernel kernel, int index, long value) {
        arguments.set(kernel, index, value);
    }

    @Override
    public void setArgument(Kernel kernel, int index, float value) {
        arguments.set(kernel, index, value);
    }

    @Override
    public void setArgument(Kernel kernel, int index, double value) {
        arguments.set(kernel, index, value);
    }

    @Override
    public void setLocalArgument(Kernel kernel, int index, long bytes) {
        arguments.setLocal(kernel, index, bytes);
    }

    @Override
    public void setFirstGroupArgument(Kernel kernel, int index) {
        // The driver divides launches among its threads itself.
    }

    @Override
    public Event enqueue(Kernel kernel, long workGroups, int workGroupSize, boolean timed) {
        return queue.enqueue(kernel, workGroups, workGroupSize, timed);
    }

    @Override
    public long nanoseconds(Event event) {
        return queue.nanoseconds(event);
    }

    @Override
    public Event mark() {
        return queue.mark();
    }

    @Override
    public void waitFor(Event... events) {
        queue.waitFor(events);
    }

    @Override
    public EventInfo describe(Event event) {
        return queue.describe(event);
    }

    @Override
    public void await(Event event) {
        queue.await(event);
    }

    @Override
    public void release(Event event) {
        queue.release(event);
    }

    @Override
    public void flush() {
        queue.flush();
    }

    @Override
    public void finish() {
        queue.finish();
        if (finishesEarly) {
            awaitCommands();
        }
        memory.reclaim();
    }

    /** Blocks until all commands are done, by a read: a device that finishes early waits for it. */
    private void awaitCommands() {
        read(awaitedOnDevice(), 0, awaited);
    }

    /** Read by {@link #awaitCommands}, possibly by several threads at a time. The content is ignored. */
    private synchronized Memory awaitedOnDevice() {
        if (awaitedOnDevice == null) {
            awaitedOnDevice = createBuffer(awaited.capacity());
        }
        return awaitedOnDevice;
    }

    @Override
    public void close() {
        if (awaitedOnDevice != null) {
            code(() -> clReleaseMemObject(JoclMemory.object(awaitedOnDevice)));
        }
        code(() -> clReleaseCommandQueue(commandQueue));
        memory.reclaimAll();
        code(() -> clReleaseContext(context));
    }
}
