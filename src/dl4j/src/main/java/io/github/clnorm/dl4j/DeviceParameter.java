package io.github.clnorm.dl4j;

import io.github.clnorm.Backend;
import io.github.clnorm.Tensor;
import io.github.clnorm.type.ElementType;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A layer's parameter on the device. ND4J does not report changes of a parameter, and a transfer costs more than a
 * comparison with the values of the last transfer. Not thread-safe.
 */
final class DeviceParameter implements AutoCloseable {

    private final Backend backend;
    private final ElementType type;
    private final ByteBuffer copied;
    // Null until the first use.
    private Tensor tensor;

    DeviceParameter(Backend backend, ElementType type, long count) {
        this.backend = backend;
        this.type = type;
        this.copied =
                ByteBuffer.allocateDirect(Math.toIntExact(count * type.bytes())).order(ByteOrder.nativeOrder());
    }

    /**
     * The parameter with its current values.
     *
     * @param values of the count and type of this object
     * @return the tensor, which belongs to this object
     */
    Tensor with(INDArray values) {
        INDArray dense = ArrayMemory.dense(values);
        ByteBuffer current = ArrayMemory.bytes(dense);
        if (tensor == null || !copied.equals(current)) {
            if (tensor == null) {
                tensor = backend.empty(type, values.length());
            }
            copied.put(0, current, 0, current.remaining());
            tensor.set(copied);
        }
        Reference.reachabilityFence(dense);
        return tensor;
    }

    @Override
    public void close() {
        if (tensor != null) {
            tensor.close();
            tensor = null;
        }
    }
}
