package io.github.clnorm;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.device.Devices;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.opencl.DevicePort;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.runtime.AllocatedMemory;
import io.github.clnorm.internal.runtime.KernelSource;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.internal.runtime.WrappedRange;
import io.github.clnorm.internal.tune.TunedPlans;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Tuning;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_event;
import org.jocl.cl_mem;

/**
 * An open device: makes tensors, and runs the work that layers enqueue. Closing a backend closes the tensors and layers
 * made on it.
 *
 * <p>Thread-safe: any number of threads, virtual ones too, may share a backend, its layers and its tensors. Calls are
 * asynchronous: work is enqueued in the order of the calls. A CPU may run a small pass within the call. {@link #finish()}, reading a tensor and writing one block
 * until the device is done, while other threads may go on enqueueing. Compiling a kernel at its first use and a search
 * with {@link Tuning#NOW} block other threads. Closing a backend while other threads use it lets their native calls
 * return; their later calls throw IllegalStateException.
 *
 * <p>The garbage collector reclaims tensors, layers, recorded passes and backends that become unreachable without being
 * closed. The first one logs a warning through {@link System.Logger} {@code io.github.clnorm}. {@code
 * -Dclnorm.leaks=on} logs where each was allocated, {@code off} logs nothing.
 *
 * @serial exclude
 */
public final class Backend implements AutoCloseable, Serializable {

    private static final long serialVersionUID = 1;

    private final transient Session session;

    /**
     * A backend on an open session, whose OpenCL port the caller chose. Launch parameters come from the heuristics.
     *
     * @param session the session; closed with the backend
     */
    public Backend(Session session) {
        this.session = session;
    }

    /**
     * A backend on an open session, whose OpenCL port the caller chose.
     *
     * @param session the session; closed with the backend
     * @param tuning how launch parameters are found
     */
    public Backend(Session session, Tuning tuning) {
        this(session);
        TunedPlans.use(session, tuning);
    }

    /**
     * Opens the device that {@code $CLNORM_DEVICE} selects, or the best one if it is not set. Launch parameters are the
     * tuned ones of the device if there are any.
     *
     * @return the backend
     * @throws io.github.clnorm.device.NoDeviceException when there is none
     */
    public static Backend open() {
        return open(DeviceSelector.parse(null).select());
    }

    /**
     * Opens the device that {@code $CLNORM_DEVICE} selects, or the best one if it is not set.
     *
     * @param tuning how launch parameters are found
     * @return the backend
     * @throws io.github.clnorm.device.NoDeviceException when there is none
     */
    public static Backend open(Tuning tuning) {
        return open(DeviceSelector.parse(null).select(), tuning);
    }

    /**
     * Opens the best device that matches a selector. Launch parameters are the tuned ones of the device if there are
     * any.
     *
     * @param selector for example {@code gpu,nvidia} or {@code 0:1}, see {@link DeviceSelector}
     * @return the backend
     * @throws io.github.clnorm.device.NoDeviceException when none matches
     * @throws io.github.clnorm.device.ClException when the device cannot be opened
     */
    public static Backend open(String selector) {
        return open(DeviceSelector.parse(selector).select());
    }

    /**
     * Opens the best device that matches a selector.
     *
     * @param selector for example {@code gpu,nvidia} or {@code 0:1}, see {@link DeviceSelector}
     * @param tuning how launch parameters are found
     * @return the backend
     * @throws io.github.clnorm.device.NoDeviceException when none matches
     * @throws io.github.clnorm.device.ClException when the device cannot be opened
     */
    public static Backend open(String selector, Tuning tuning) {
        return open(DeviceSelector.parse(selector).select(), tuning);
    }

    /**
     * Opens a device. Launch parameters are the tuned ones of the device if there are any.
     *
     * @param device one of {@link Devices#platforms()}
     * @return the backend
     * @throws io.github.clnorm.device.ClException when it cannot be opened
     */
    public static Backend open(DeviceInfo device) {
        return open(device, Tuning.CACHED);
    }

    /**
     * Opens a device.
     *
     * @param device one of {@link Devices#platforms()}
     * @param tuning how launch parameters are found
     * @return the backend
     * @throws io.github.clnorm.device.ClException when it cannot be opened
     */
    public static Backend open(DeviceInfo device, Tuning tuning) {
        Objects.requireNonNull(tuning, "tuning");
        return new Backend(new Session(DevicePort.open(device, false), device), tuning);
    }

    /**
     * A backend in the OpenCL context and queue of an application. Both stay open when the backend is closed. Launch
     * parameters are the tuned ones of the device if there are any.
     *
     * @param context the context
     * @param queue a queue of it, on a device or a sub-device. Work is enqueued after the application's, also on an
     *     out-of-order queue: a barrier then precedes each command, and follows each call
     * @return the backend
     * @throws IllegalArgumentException when the queue belongs to another context
     * @throws NullPointerException when one of them is null
     */
    public static Backend on(cl_context context, cl_command_queue queue) {
        return on(context, queue, Tuning.CACHED);
    }

    /**
     * A backend in the OpenCL context and queue of an application. Both stay open when the backend is closed.
     *
     * @param context the context
     * @param queue a queue of it, on a device or a sub-device. Work is enqueued after the application's, also on an
     *     out-of-order queue: a barrier then precedes each command, and follows each call
     * @param tuning how launch parameters are found
     * @return the backend
     * @throws IllegalArgumentException when the queue belongs to another context
     * @throws NullPointerException when one of them is null
     */
    public static Backend on(cl_context context, cl_command_queue queue, Tuning tuning) {
        Objects.requireNonNull(tuning, "tuning");
        DeviceInfo device = Devices.withId(JoclOpenCl.deviceOf(context, queue));
        return new Backend(new Session(JoclOpenCl.on(device, context, queue), device), tuning);
    }

    /**
     * The device.
     *
     * @return its description
     */
    public DeviceInfo device() {
        return session.device();
    }

    /**
     * What the bits of results depend on, beside their input. Backends of equal fingerprints give the same bits, also in
     * other processes and on other machines.
     *
     * @return device, driver and kernels
     */
    public Fingerprint fingerprint() {
        return new Fingerprint(device().name(), device().platform(), device().driver(), KernelSource.hash());
    }

    /**
     * A float32 tensor with the given values.
     *
     * @param values the elements, the last dimension fastest. Not modified
     * @param shape the dimensions
     * @return the tensor
     * @throws IllegalArgumentException when the shape has another number of elements, or the tensor exceeds the
     *     device's largest buffer
     */
    public Tensor tensor(float[] values, long... shape) {
        return tensor(ElementType.FLOAT32, values, shape);
    }

    /**
     * A tensor with the given values.
     *
     * @param type of its elements
     * @param values the elements, the last dimension fastest, each rounded to the type. Not modified
     * @param shape the dimensions
     * @return the tensor
     * @throws IllegalArgumentException when the shape has another number of elements, when the tensor exceeds the
     *     device's largest buffer, or when the device has no such type
     */
    public Tensor tensor(ElementType type, float[] values, long... shape) {
        checkCount(values.length, shape);
        return filled(empty(type, shape), tensor -> tensor.set(values));
    }

    /**
     * A tensor with the given values.
     *
     * @param type of its elements
     * @param values the elements, the last dimension fastest, each rounded to the type. Not modified
     * @param shape the dimensions
     * @return the tensor
     * @throws IllegalArgumentException when the shape has another number of elements, when the tensor exceeds the
     *     device's largest buffer, or when the device has no such type
     */
    public Tensor tensor(ElementType type, double[] values, long... shape) {
        checkCount(values.length, shape);
        return filled(empty(type, shape), tensor -> tensor.set(values));
    }

    /**
     * A tensor with the elements of a buffer of {@code java.nio}. The tensor has memory of its own: later changes of the
     * buffer do not change it. See {@link Tensor#set(Buffer)} for what each kind of buffer holds.
     *
     * @param type of its elements
     * @param values a FloatBuffer, DoubleBuffer, ShortBuffer or ByteBuffer in native byte order, direct or not, read-only or not. Its
     *     elements from its position to its limit must be as many as the shape has, the last dimension fastest. Its
     *     position does not change
     * @param shape the dimensions
     * @return the tensor
     * @throws IllegalArgumentException if kind, byte order or number of elements do not fit, when the tensor exceeds the
     *     device's largest buffer, or when the device has no such type
     */
    public Tensor tensor(ElementType type, Buffer values, long... shape) {
        HostElements elements = HostElements.source(type, values, Shapes.text(shape), Shapes.elements(shape));
        return filled(empty(type, shape), tensor -> tensor.set(elements));
    }

    private static void checkCount(int count, long... shape) {
        long elements = Shapes.elements(shape);
        if (elements != count) {
            throw new IllegalArgumentException(
                    "shape " + Shapes.text(shape) + " has " + elements + " elements, got " + count + " values");
        }
    }

    private static Tensor filled(Tensor tensor, Consumer<Tensor> filler) {
        try {
            filler.accept(tensor);
            return tensor;
        } catch (RuntimeException e) {
            tensor.close();
            throw e;
        }
    }

    /**
     * A float32 tensor whose values are undefined until something is written to it.
     *
     * @param shape the dimensions
     * @return the tensor
     * @throws IllegalArgumentException when it exceeds the device's largest buffer
     */
    public Tensor empty(long... shape) {
        return empty(ElementType.FLOAT32, shape);
    }

    /**
     * A tensor whose values are undefined until something is written to it.
     *
     * @param type of its elements
     * @param shape the dimensions
     * @return the tensor
     * @throws IllegalArgumentException when it exceeds the device's largest buffer, or the device has no such type
     */
    public Tensor empty(ElementType type, long... shape) {
        checkType(type);
        checkSize(type, shape);
        return new Tensor(this, session.allocate(Shapes.elements(shape) * type.bytes()), type, shape);
    }

    private void checkSize(ElementType type, long... shape) {
        long elements = Shapes.elements(shape);
        if (elements > device().maxBuffer() / type.bytes()) {
            throw new IllegalArgumentException("a tensor of shape " + Shapes.text(shape) + " takes " + elements
                    + " x " + type.bytes() + " bytes, more than the largest buffer of " + device().description() + ": "
                    + device().maxBuffer() + " bytes");
        }
    }

    private void checkType(ElementType type) {
        if (type == ElementType.FLOAT64 && !device().fp64()) {
            throw new IllegalArgumentException("float64 is not available on " + device().description()
                    + ": it does not compute in double precision");
        }
    }

    /**
     * A tensor in an OpenCL buffer of the caller, from its first byte on. Nothing is copied.
     *
     * @param memory a buffer or sub-buffer of the backend's context. It is retained until the tensor, its views and
     *     slices are closed; clnorm neither frees it nor keeps it for other tensors
     * @param type of the elements
     * @param shape the dimensions, the last one fastest
     * @return the tensor
     * @throws IllegalArgumentException when the memory object is not a buffer, belongs to another context or is too
     *     small, or when the device has no such type
     * @see #wrap(cl_mem, long, ElementType, long...)
     */
    public Tensor wrap(cl_mem memory, ElementType type, long... shape) {
        return wrap(memory, 0, type, shape);
    }

    /**
     * A tensor in an OpenCL buffer of the caller, from an offset on. Nothing is copied. Commands that the caller
     * enqueued on the backend's queue come before the work of later calls; {@link #waitFor} orders those of other
     * queues.
     *
     * <p>A buffer that was created with {@code CL_MEM_READ_ONLY} cannot be written: a pass rejects it as output, and so
     * do {@link Tensor#set(float[])} and {@link Tensor#copyFrom(Tensor)}. A pass rejects a {@code CL_MEM_WRITE_ONLY}
     * buffer as input. Transfers reject buffers whose {@code CL_MEM_HOST_…} flags forbid them.
     *
     * @param memory a buffer or sub-buffer of the backend's context. It is retained until the tensor, its views and
     *     slices are closed; clnorm neither frees it nor keeps it for other tensors
     * @param byteOffset the first byte of the tensor: 0, or a multiple of the element's size and of the device's
     *     {@code CL_DEVICE_MEM_BASE_ADDR_ALIGN}
     * @param type of the elements
     * @param shape the dimensions, the last one fastest
     * @return the tensor
     * @throws IllegalArgumentException when the memory object is not a buffer, belongs to another context or is too
     *     small, when the device cannot address the offset, or when the device has no such type
     * @throws IllegalStateException when the backend is closed
     */
    public Tensor wrap(cl_mem memory, long byteOffset, ElementType type, long... shape) {
        OpenCl.Memory given = JoclOpenCl.memory(memory);
        Objects.requireNonNull(shape, "shape");
        checkType(Objects.requireNonNull(type, "type"));
        String text = "a " + type + " tensor of shape " + Shapes.text(shape);
        long elements = Shapes.elements(shape);
        if (elements > Long.MAX_VALUE / type.bytes()) {
            throw new IllegalArgumentException(text + " takes more than 2^63-1 bytes");
        }
        WrappedRange range = new WrappedRange(byteOffset, elements * type.bytes(), type.bytes(), text);
        return new Tensor(this, session.wrap(given, range), type, shape);
    }

    /**
     * A tensor on a direct buffer of the caller. A device that shares the host's memory works on the buffer itself; {@link
     * Tensor#sharesHostMemory()} then is true. Elsewhere the tensor has memory of its own, with a copy of the buffer.
     *
     * <p>A shared buffer belongs to the device from this call on. {@link #finish()} of this backend hands it to Java, which
     * then sees the results of all work enqueued before, and may change them. The next call that uses the tensor, a view or a
     * slice hands it back to the device. In between, neither reads what the other writes. These lines work on every device,
     * and copy nothing where the memory is shared:
     *
     * <pre>{@code
     * Tensor x = backend.wrap(buffer, ElementType.FLOAT32, 2, 320, 64, 64);
     * norm.infer(x, Options.DEFAULTS.output(x));
     * x.get(buffer);      // Java reads and changes the buffer after this
     * x.set(buffer);      // the device uses it after this
     * }</pre>
     *
     * <p>The buffer stays reachable until the tensor, its views and its slices are closed and the work on them is done. A
     * caller that frees it by other means must call {@link #finish()} before, and close the tensor. {@link MemoryUse#wrapped()}
     * counts it.
     *
     * <p>CPUs work on any direct buffer. Integrated GPUs need one that begins at a multiple of 4096 bytes, see {@link
     * ByteBuffer#alignedSlice(int)}, and has a multiple of 64 bytes. Mesa's CPU device gets a copy, since it does not tell when
     * its work is done.
     *
     * @param buffer a direct buffer in native byte order that is not read-only. Its bytes from its position to its limit are
     *     the elements as they are, the last dimension fastest. Its position does not change
     * @param type of the elements
     * @param shape the dimensions
     * @return the tensor
     * @throws IllegalArgumentException when the buffer is not direct, is read-only, has another byte order or another number
     *     of bytes, or does not begin at a multiple of an element's size; when the tensor exceeds the device's largest
     *     buffer, or when the device has no such type
     * @throws IllegalStateException when the backend is closed
     */
    public Tensor wrap(ByteBuffer buffer, ElementType type, long... shape) {
        Objects.requireNonNull(buffer, "buffer");
        Objects.requireNonNull(shape, "shape");
        checkType(Objects.requireNonNull(type, "type"));
        checkSize(type, shape);
        HostElements elements = HostElements.target(type, buffer, Shapes.text(shape), Shapes.elements(shape));
        HostElements.checkAddress(type, buffer);
        return session.worksOn(buffer)
                ? new Tensor(this, session.wrap(buffer), type, shape)
                : filled(empty(type, shape), tensor -> tensor.set(elements));
    }

    /**
     * Lets the work of later calls on this backend wait for commands of the caller's other queues. Does not block.
     * Flushes the queues of the events.
     *
     * <p>An event of {@code clCreateUserEvent} is accepted. Calls that block then block until the caller sets its status:
     * reading and writing a tensor, making a layer, which writes its parameters, {@link #finish()} and {@link #close()}.
     * If it is set to an error after this call, some drivers run the work and others end the process.
     *
     * @param events one or more of the backend's context. The caller keeps its references, and may release them after
     *     the call
     * @throws IllegalArgumentException when there is none, when one belongs to another context, or when its command has
     *     failed
     * @throws NullPointerException when one is null
     * @throws IllegalStateException when the backend is closed
     */
    public void waitFor(cl_event... events) {
        Objects.requireNonNull(events, "events");
        session.waitFor(Arrays.stream(events).map(JoclOpenCl::event).toArray(OpenCl.Event[]::new));
    }

    /**
     * An event that completes when the work of all calls before is done, for the wait lists of the caller's other
     * queues. Does not block. Flushes the backend's queue.
     *
     * @return the event; the caller releases it by {@code clReleaseEvent}
     * @throws IllegalStateException when the backend is closed
     */
    public cl_event mark() {
        return JoclOpenCl.object(session.mark());
    }

    /**
     * Opens a scope. When it closes, it closes the tensors that this thread has made on this backend since and has not
     * kept.
     *
     * @return the scope
     * @throws IllegalStateException when the backend is closed
     */
    public Scope scope() {
        return new Scope(session.openScope());
    }

    /**
     * The memory that the backend uses on the device.
     *
     * @return the sizes at this moment
     * @throws IllegalStateException when the backend is closed
     */
    public MemoryUse memory() {
        AllocatedMemory use = session.memory();
        return new MemoryUse(use.inUse(), use.pooled(), use.peak(), use.buffers(), use.ofCaller());
    }

    /**
     * Blocks until all enqueued work is done. Other threads may enqueue during the wait. Direct buffers that tensors {@link
     * #wrap(ByteBuffer, ElementType, long...) share} then have their results.
     */
    public void finish() {
        session.finish();
    }

    /**
     * Frees the device memory that is kept for reuse: the free list of closed tensors' buffers, which holds up to a
     * quarter of the device's memory, and scratch memory of the passes. An allocation that fails does this and tries
     * again. Also frees pinned host memory of transfers, of which up to 256 MB is kept for asynchronous reads.
     */
    public void trim() {
        session.trim();
    }

    /**
     * The open device that does the work. For clnorm's own tools; the type is not part of the API.
     *
     * @return the session
     */
    public Session session() {
        return session;
    }

    /** The device, as its description prints it. */
    @Override
    public String toString() {
        return "Backend(" + device().description() + (session.isClosed() ? ", closed)" : ")");
    }

    /**
     * Rejects serialization.
     *
     * @param out not written
     * @throws IOException always; the message says what to serialize instead
     */
    private void writeObject(ObjectOutputStream out) throws IOException {
        throw Bound.toDevice(
                "a Backend",
                "Send a NormSpec, and open a backend where the work is done. On Spark, ClnormSpark.normalize(data, spec) does this");
    }

    /**
     * Blocks until all enqueued work is done, then closes the tensors and layers made on this backend. Closing it again
     * is a no-op.
     */
    @Override
    public void close() {
        session.close();
    }
}
