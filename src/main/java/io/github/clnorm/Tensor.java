package io.github.clnorm;

import io.github.clnorm.geometry.Shapes;
import io.github.clnorm.runtime.DeviceBuffer;
import java.nio.FloatBuffer;

/** A dense float32 tensor in a device's memory, the last dimension fastest. Belongs to its backend. */
public final class Tensor implements AutoCloseable {

    private final Backend backend;
    private final DeviceBuffer buffer;
    private final long[] shape;

    Tensor(Backend backend, DeviceBuffer buffer, long... shape) {
        this.backend = backend;
        this.buffer = buffer;
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
     * Reads it, after everything that is enqueued.
     *
     * @return the elements, the last dimension fastest
     * @throws IllegalStateException when it is closed
     * @throws IllegalArgumentException when it has more elements than a Java array
     */
    public float[] toFloats() {
        requireOpen();
        if (elements() > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("a tensor of " + elements() + " elements does not fit in a Java array");
        }
        float[] values = new float[(int) elements()];
        backend.session().read(buffer, FloatBuffer.wrap(values));
        return values;
    }

    /**
     * Replaces its values, after everything that is enqueued.
     *
     * @param values as many as it has elements. Not modified
     * @throws IllegalArgumentException when they are more or fewer
     * @throws IllegalStateException when it is closed
     */
    public void set(float[] values) {
        requireOpen();
        if (values.length != elements()) {
            throw new IllegalArgumentException("a tensor of shape " + this + " takes " + elements() + " values, got "
                    + values.length);
        }
        backend.session().write(buffer, FloatBuffer.wrap(values));
    }

    DeviceBuffer buffer() {
        return buffer;
    }

    void requireOpen() {
        if (buffer.isClosed()) {
            throw new IllegalStateException("the tensor of shape " + this + " is closed");
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
