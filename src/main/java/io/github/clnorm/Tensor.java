package io.github.clnorm;

import io.github.clnorm.geometry.Shapes;
import io.github.clnorm.runtime.DeviceBuffer;
import io.github.clnorm.runtime.Session;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;

/** A dense tensor in a device's memory, the last dimension fastest. Belongs to its backend. */
public final class Tensor implements AutoCloseable {

    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

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

    /** Its dimensions themselves, for those who only look: a pass asks for them a dozen times. */
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
     * Reads it, after everything that is enqueued.
     *
     * @return the elements, the last dimension fastest; those of float64 rounded
     * @throws IllegalStateException when it is closed
     * @throws IllegalArgumentException when it has more elements than a Java array
     */
    public float[] toFloats() {
        float[] values = new float[count()];
        read((at, piece) -> Codec.decode(type, piece, values, (int) (at / type.bytes())));
        return values;
    }

    /**
     * Reads it, after everything that is enqueued.
     *
     * @return the elements, the last dimension fastest
     * @throws IllegalStateException when it is closed
     * @throws IllegalArgumentException when it has more elements than a Java array
     */
    public double[] toDoubles() {
        double[] values = new double[count()];
        read((at, piece) -> Codec.decode(type, piece, values, (int) (at / type.bytes())));
        return values;
    }

    /**
     * Reads its bytes, after everything that is enqueued, without a Java array of its size.
     *
     * @param target takes them, piece by piece
     * @throws IllegalStateException when it is closed
     */
    public void read(Session.Piece target) {
        requireOpen();
        backend.session().read(buffer, target);
    }

    /**
     * Replaces its values, after everything that is enqueued.
     *
     * @param values as many as it has elements, each rounded to the tensor's type. Not modified
     * @throws IllegalArgumentException when they are more or fewer
     * @throws IllegalStateException when it is closed
     */
    public void set(float[] values) {
        checkCount(values.length);
        write((at, piece) -> Codec.encode(type, values, (int) (at / type.bytes()), piece));
    }

    /**
     * Replaces its values, after everything that is enqueued.
     *
     * @param values as many as it has elements, each rounded to the tensor's type. Not modified
     * @throws IllegalArgumentException when they are more or fewer
     * @throws IllegalStateException when it is closed
     */
    public void set(double[] values) {
        checkCount(values.length);
        write((at, piece) -> Codec.encode(type, values, (int) (at / type.bytes()), piece));
    }

    /**
     * Replaces its bytes, after everything that is enqueued, without a Java array of its size.
     *
     * @param source fills them, piece by piece
     * @throws IllegalStateException when it is closed
     */
    public void write(Session.Piece source) {
        requireOpen();
        backend.session().write(buffer, source);
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
                    "a tensor of shape " + this + " takes " + elements() + " values, got " + given);
        }
    }

    /** The same memory under another shape of as many elements: closing either closes both. */
    Tensor viewedAs(long... other) {
        return new Tensor(backend, buffer, type, other);
    }

    /** Whether writing to one changes the other. */
    boolean sharesMemoryWith(Tensor other) {
        return buffer == other.buffer;
    }

    /**
     * The memory behind it, for those who enqueue work of their own on the backend's session.
     *
     * @return the buffer; closing it closes the tensor
     */
    public DeviceBuffer buffer() {
        return buffer;
    }

    void requireOpen() {
        requireOpen("the tensor");
    }

    /** The same, where several tensors could be meant. */
    void requireOpen(String name) {
        if (buffer.isClosed()) {
            throw new IllegalStateException(name + " of shape " + this + " is closed");
        }
    }

    /** Gives its memory back, after the work that is enqueued on it. */
    @Override
    public void close() {
        buffer.close();
    }

    /** The shape, as PyTorch prints it. */
    @Override
    public String toString() {
        return Shapes.text(shape);
    }
}
