package io.github.clnorm;

import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Transfers;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Piece;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jocl.cl_mem;

/**
 * A dense tensor in a device's memory, the last dimension fastest. Its backend closes it if it is still open.
 *
 * <p>Thread-safe: operations of several threads run in the order in which they were enqueued. A transfer between Java
 * and the device goes in pieces, and holds no lock in between. While a transfer writes a tensor, other operations on
 * that tensor throw IllegalStateException. So does a read of more than 4 MB into Java's
 * heap if another thread writes the tensor meanwhile.
 *
 * <p>A tensor that becomes unreachable without being closed is reclaimed, with a warning.
 *
 * @serial exclude
 */
public final class Tensor implements AutoCloseable, Serializable {

    private static final long serialVersionUID = 1;

    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;
    // Elements that are converted at a time.
    private static final int CONVERTED = 1 << 16;

    private final Backend backend;
    private final DeviceBuffer buffer;
    private final ElementType type;
    private final long[] shape;

    Tensor(Backend backend, DeviceBuffer buffer, ElementType type, long... shape) {
        this.backend = backend;
        this.buffer = buffer;
        this.type = type;
        this.shape = shape.clone();
    }

    /**
     * Its dimensions.
     *
     * @return a copy
     */
    public long[] shape() {
        return shape.clone();
    }

    /** Its dimensions, not copied, since a pass reads them a dozen times. The caller must not modify them. */
    long[] sizes() {
        return shape;
    }

    /**
     * Its number of elements.
     *
     * @return the product of the dimensions
     */
    public long elements() {
        return Shapes.elements(shape);
    }

    /**
     * The backend it belongs to.
     *
     * @return the backend
     */
    public Backend backend() {
        return backend;
    }

    /**
     * The type of its elements.
     *
     * @return the type
     */
    public ElementType type() {
        return type;
    }

    /**
     * Reads it. Blocks until the work enqueued before is done.
     *
     * @return the elements, the last dimension fastest; float64 is rounded
     * @throws IllegalStateException when it is closed
     * @throws IllegalArgumentException when it has more elements than a Java array
     */
    public float[] toFloats() {
        float[] values = new float[count()];
        fetch((at, piece) -> Codec.decode(type, piece, values, (int) (at / type.bytes())));
        return values;
    }

    /**
     * Reads it. Blocks until the work enqueued before is done.
     *
     * @return the elements, the last dimension fastest
     * @throws IllegalStateException when it is closed
     * @throws IllegalArgumentException when it has more elements than a Java array
     */
    public double[] toDoubles() {
        double[] values = new double[count()];
        fetch((at, piece) -> Codec.decode(type, piece, values, (int) (at / type.bytes())));
        return values;
    }

    /**
     * Reads it into a buffer of {@code java.nio}. Blocks until the work enqueued before is done.
     *
     * <p>A ByteBuffer receives the elements as they are, as does a ShortBuffer from a float16 or bfloat16 tensor. A FloatBuffer and
     * a DoubleBuffer receive numbers; float64 in a FloatBuffer is rounded. A direct buffer of elements of this tensor's
     * type is written without staging.
     *
     * @param target a FloatBuffer, DoubleBuffer, ShortBuffer or ByteBuffer in native byte order, direct or not. All from its
     *     position to its limit is filled, which must be exactly this tensor. Its position does not change, so the caller
     *     reads the elements without flipping it
     * @throws IllegalArgumentException if kind, byte order or number of elements do not fit, or the buffer is read-only
     * @throws IllegalStateException when it is closed, or written before the last piece was read
     */
    public void get(Buffer target) {
        requireOpen();
        HostElements elements = HostElements.target(type, target, Shapes.text(shape), elements());
        Transfers transfers = backend.session().transfers();
        Buffer memory = elements.memory();
        if (buffer.isOn(target)) {
            backend.finish();
        } else if (memory == null || transfers.isByThreads(buffer.bytes())) {
            fetch((at, piece) -> elements.copyFrom(at / type.bytes(), piece));
        } else if (memory.hasRemaining()) {
            transfers.read(buffer, 0, memory);
        }
    }

    /**
     * Reads it without blocking. The result has the values of all work enqueued before this call. Work enqueued later does
     * not change it, and this tensor may be closed meanwhile.
     *
     * <p>The read takes host memory of the tensor's size until it is complete. The future completes on its {@link
     * CompletableFuture#defaultExecutor() default executor}. Closing the backend waits until the pending reads have their
     * values. Canceling the future does not stop the device.
     *
     * @return the elements, the last dimension fastest; float64 is rounded. Completes exceptionally with
     *     IllegalStateException if the tensor or its backend is closed or another transfer is writing the tensor, with
     *     IllegalArgumentException if it has more elements than a Java array, and with {@link
     *     io.github.clnorm.device.ClException} if the device fails. This method itself throws nothing
     */
    public CompletableFuture<float[]> readAsync() {
        try {
            requireOpen();
            int count = count();
            return count == 0
                    ? CompletableFuture.completedFuture(new float[0])
                    : backend.session()
                            .transfers()
                            .readAsync(
                                    buffer,
                                    () -> new float[count],
                                    values -> (at, piece) ->
                                            Codec.decode(type, piece, values, (int) (at / type.bytes())));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /**
     * Reads its bytes without a Java array of its size. Blocks until the work enqueued before is done.
     *
     * @param target takes the bytes in pieces. It is called without a lock, and may use other tensors and backends
     * @throws IllegalStateException when it is closed, or written before the last piece was read
     */
    public void read(Piece target) {
        Objects.requireNonNull(target, "target");
        requireOpen();
        backend.session().transfers().read(buffer, target);
    }

    /** The same into the library's own arrays. */
    private void fetch(Piece target) {
        requireOpen();
        backend.session().transfers().read(buffer, target, false);
    }

    /**
     * Replaces its values, after the work enqueued before. Blocks until the values are on the device.
     *
     * @param values as many as it has elements, each rounded to the tensor's type. Not modified
     * @throws IllegalArgumentException if the number of values is wrong
     * @throws IllegalStateException when it is closed
     */
    public void set(float[] values) {
        checkCount(Objects.requireNonNull(values, "values").length);
        fill("Tensor.set", (at, piece) -> Codec.encode(type, values, (int) (at / type.bytes()), piece));
    }

    /**
     * Replaces its values, after the work enqueued before. Blocks until the values are on the device.
     *
     * @param values as many as it has elements, each rounded to the tensor's type. Not modified
     * @throws IllegalArgumentException if the number of values is wrong
     * @throws IllegalStateException when it is closed
     */
    public void set(double[] values) {
        checkCount(Objects.requireNonNull(values, "values").length);
        fill("Tensor.set", (at, piece) -> Codec.encode(type, values, (int) (at / type.bytes()), piece));
    }

    /**
     * Replaces its values by those of a buffer of {@code java.nio}, after the work enqueued before. Blocks until the values
     * are on the device; the buffer may then be changed.
     *
     * <p>A ByteBuffer has the elements as they are, as has a ShortBuffer for a float16 or bfloat16 tensor. A FloatBuffer and a
     * DoubleBuffer have numbers, each rounded to the tensor's type. A direct buffer of elements of this tensor's type is
     * read without staging.
     *
     * @param values a FloatBuffer, DoubleBuffer, ShortBuffer or ByteBuffer in native byte order, direct or not, read-only or not. Its
     *     elements from its position to its limit must be as many as the tensor has. Its position does not change, so the
     *     call can be repeated
     * @throws IllegalArgumentException if kind, byte order or number of elements do not fit
     * @throws IllegalStateException when it is closed, or another transfer is writing it
     */
    public void set(Buffer values) {
        requireOpen();
        HostElements elements = HostElements.source(type, values, Shapes.text(shape), elements());
        if (buffer.isOn(values)) {
            backend.session().transfers().writtenByHost(buffer, "Tensor.set");
        } else {
            set(elements);
        }
    }

    /** Replaces its values by elements that were checked against its shape and type. */
    void set(HostElements values) {
        Transfers transfers = backend.session().transfers();
        Buffer memory = values.memory();
        if (memory == null || transfers.isByThreads(buffer.bytes())) {
            fill("Tensor.set", (at, piece) -> values.copyTo(at / type.bytes(), piece));
        } else {
            transfers.write(buffer, memory, "Tensor.set");
        }
    }

    /**
     * Replaces its bytes without a Java array of its size, after the work enqueued before. Bytes that the source does
     * not fill are 0. Blocks until the bytes are on the device.
     *
     * @param source fills the bytes in pieces. It is called without a lock, and may use other tensors and backends, but
     *     not this tensor. If it throws, the tensor's content is undefined
     * @throws IllegalStateException when it is closed, or another transfer is writing it
     */
    public void write(Piece source) {
        Objects.requireNonNull(source, "source");
        requireOpen();
        backend.session().transfers().write(buffer, source, true, "Tensor.write");
    }

    /** The same by a source that fills everything. */
    private void fill(String by, Piece source) {
        requireOpen();
        backend.session().transfers().write(buffer, source, false, by);
    }

    /**
     * Replaces its values by those of another tensor, each rounded to this tensor's type. Between tensors of one OpenCL
     * context and one type the copy stays on the device and is asynchronous. Otherwise it goes through Java's memory
     * and blocks until it is done.
     *
     * @param other of the same shape; may be of another type and another backend. Not modified
     * @throws IllegalArgumentException when it has another shape, or overlaps this tensor without being the same memory
     * @throws IllegalStateException when either is closed, or the source is written during the copy
     */
    public void copyFrom(Tensor other) {
        Objects.requireNonNull(other, "other");
        requireOpen();
        other.requireOpen("the source");
        if (!Arrays.equals(shape, other.shape)) {
            throw new IllegalArgumentException(
                    "Expected a source of shape " + Shapes.text(shape) + ", but got " + Shapes.text(other.shape));
        }
        if (isSameMemoryAs(other)) {
            return;
        }
        Checks.noOverlap("source", other, "the tensor that it is copied to", this);
        if (type == other.type && backend.session().sharesContextWith(other.backend.session())) {
            backend.session().transfers().copy(other.buffer, buffer, "Tensor.copyFrom");
            return;
        }
        other.buffer.requireHostReads();
        long version = other.version();
        fill("Tensor.copyFrom", (at, piece) -> other.readAs(type, at / type.bytes(), piece));
        if (other.version() != version) {
            throw new IllegalStateException("the source of shape " + Shapes.text(other.shape) + " was written by "
                    + other.buffer.lastWriter() + " while it was being copied");
        }
    }

    /** Reads some elements as those of another type. */
    private void readAs(ElementType as, long first, ByteBuffer target) {
        if (as == type) {
            backend.session().transfers().read(buffer, first * type.bytes(), target);
            return;
        }
        int count = target.remaining() / as.bytes();
        ByteBuffer own = ByteBuffer.allocateDirect(Math.min(count, CONVERTED) * type.bytes())
                .order(ByteOrder.nativeOrder());
        double[] values = new double[Math.min(count, CONVERTED)];
        for (int at = 0; at < count; at += CONVERTED) {
            int some = Math.min(CONVERTED, count - at);
            own.clear().limit(some * type.bytes());
            backend.session().transfers().read(buffer, (first + at) * type.bytes(), own);
            Codec.decode(type, own, values, 0);
            ByteBuffer part = target.duplicate().order(target.order());
            part.position(target.position() + at * as.bytes()).limit(part.position() + some * as.bytes());
            Codec.encode(as, values, 0, part);
        }
    }

    /** Its first elements. Blocks until the work enqueued before is done. */
    double[] firstValues(int count) {
        double[] values = new double[count];
        if (count > 0) {
            ByteBuffer bytes = ByteBuffer.allocateDirect(count * type.bytes()).order(ByteOrder.nativeOrder());
            readAs(type, 0, bytes);
            Codec.decode(type, bytes, values, 0);
        }
        return values;
    }

    /** Sets every element to one value, and blocks until that is done. */
    void setAll(float value) {
        byte[] element = element(value);
        fill("Tensor.set", (at, piece) -> {
            while (piece.hasRemaining()) {
                piece.put(element);
            }
        });
    }

    /** Sets every element to one value. Asynchronous. */
    void fill(float value) {
        backend.session().transfers().fill(buffer, element(value), "Tensor.fill");
    }

    private byte[] element(float value) {
        ByteBuffer element = ByteBuffer.allocate(type.bytes()).order(ByteOrder.nativeOrder());
        Codec.encode(type, new float[] {value}, 0, element);
        return element.array();
    }

    /** Rejects a tensor that a pass cannot use: it is closed, or a transfer is writing it. */
    void requireUsable(String name) {
        requireOpen(name);
        buffer.requireUsable();
    }

    /**
     * The number of writes to its memory by the library, through any view.
     *
     * @return 0 for a tensor that was never written
     */
    public long version() {
        return buffer.version();
    }

    private int count() {
        if (elements() > LARGEST_ARRAY) {
            throw new IllegalArgumentException("a tensor of " + elements() + " elements does not fit in a Java array");
        }
        return (int) elements();
    }

    private void checkCount(int given) {
        requireOpen();
        if (given != elements()) {
            throw new IllegalArgumentException(
                    "a tensor of shape " + Shapes.text(shape) + " takes " + elements() + " values, got " + given);
        }
    }

    /**
     * The same memory with another shape. The memory lives until this tensor and all its views and slices are closed.
     * Writes through one are visible in, and counted by, all.
     *
     * @param dimensions with as many elements as this tensor has; one of them may be -1, which stands for what remains
     * @return the view; the caller closes it, or the scope or the backend does
     * @throws IllegalArgumentException when the number of elements differs
     * @throws IllegalStateException when this tensor is closed
     */
    public Tensor view(long... dimensions) {
        Objects.requireNonNull(dimensions, "dimensions");
        requireOpen();
        long[] viewed = Views.shape(this, dimensions);
        return new Tensor(backend, backend.session().part(buffer, 0, buffer.bytes()), type, viewed);
    }

    /**
     * A range of the first dimension, in the same memory, which lives until this tensor and all its views and slices
     * are closed. Writes are visible in, and counted by, all tensors that they overlap.
     *
     * @param from the first index
     * @param to the index after the last one
     * @return a tensor of shape {@code (to - from, *)}; the caller closes it, or the scope or the backend does
     * @throws IllegalArgumentException when the range is outside of the first dimension, or when the device cannot
     *     address it: its first byte must be a multiple of {@code CL_DEVICE_MEM_BASE_ADDR_ALIGN}. The message names the
     *     nearest indices that a slice can begin at
     * @throws IllegalStateException when this tensor is closed
     */
    public Tensor slice(long from, long to) {
        requireOpen();
        long rowBytes = Views.rowBytes(this, from, to);
        long[] sliced = shape.clone();
        sliced[0] = to - from;
        return new Tensor(
                backend, backend.session().part(buffer, from * rowBytes, (to - from) * rowBytes), type, sliced);
    }

    /**
     * The OpenCL buffer that begins with its first element: a sub-buffer for a slice, and for a tensor that wraps a
     * caller's buffer at an offset. Kernels enqueued on the backend's own queue see the results of all calls before,
     * see {@link Backend#mark()} for other queues. clnorm does not notice what the caller's kernels write.
     *
     * <p>It is valid as long as the tensor is open and reachable; a caller that uses it longer retains it. When the
     * tensor is closed, its memory is released instead of being kept for other tensors.
     *
     * @return the buffer, not retained; null for a tensor without elements
     * @throws IllegalStateException when it is closed, or a transfer is writing it
     */
    public cl_mem memory() {
        requireOpen();
        OpenCl.Memory memory = backend.session().reach(buffer);
        return memory == null ? null : JoclOpenCl.object(memory);
    }

    /** The same tensor with another shape of the same number of elements. Closing either closes both. */
    Tensor viewedAs(long... other) {
        return new Tensor(backend, buffer, type, other);
    }

    /** The same tensor for passes of another backend in its context. Closing either closes both. */
    Tensor on(Backend other) {
        return new Tensor(other, buffer, type, shape);
    }

    /** Whether a write to one changes the other. */
    boolean sharesMemoryWith(Tensor other) {
        return buffer.overlaps(other.buffer);
    }

    /** Whether both are the same elements. */
    boolean isSameMemoryAs(Tensor other) {
        return type == other.type && buffer.isSameMemoryAs(other.buffer);
    }

    /**
     * Whether the device works on a direct buffer of the caller, see {@link Backend#wrap(ByteBuffer, ElementType, long...)}.
     *
     * @return true for a tensor on a caller's buffer, its views and its slices; false for memory of the tensor's own and for an
     *     OpenCL buffer
     */
    public boolean sharesHostMemory() {
        return buffer.isOnHost();
    }

    /**
     * Its device memory. For clnorm's own tools; the type is not part of the API.
     *
     * @return the buffer; closing it closes the tensor
     */
    public DeviceBuffer buffer() {
        return buffer;
    }

    void requireOpen() {
        requireOpen("the tensor");
    }

    /** Rejects a closed tensor; the message has the tensor's role. */
    void requireOpen(String name) {
        if (buffer.isClosed()) {
            throw new IllegalStateException(name + " of shape " + Shapes.text(shape) + " is closed");
        }
    }

    /**
     * Rejects serialization.
     *
     * @param out not written
     * @throws IOException always; the message says what to serialize instead
     */
    private void writeObject(ObjectOutputStream out) throws IOException {
        throw Bound.toDevice("a Tensor", "Send its values, which toFloats() and get(buffer) read");
    }

    /**
     * Frees its memory after the work that is enqueued on it. Open views and slices keep memory that they share. A
     * caller's own buffer is released, not freed. Closing it again is a no-op.
     */
    @Override
    public void close() {
        buffer.close();
    }

    /**
     * Its type, shape, device and first values, for people and debuggers: {@code Tensor(float32, [2, 3], cpu, [0.1, 0.2,
     * …])}. Reading the values blocks until the work enqueued before is done. Says so instead of the values if the tensor
     * is closed or being written, or if another thread keeps the backend busy. Throws nothing.
     */
    @Override
    public String toString() {
        return TensorText.of(this);
    }
}
