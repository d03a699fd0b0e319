package io.github.clnorm;

import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.List;

/** The tensors of a layer: made together, and closed together. The session's lock guards it. */
final class LayerTensors {

    private final Backend backend;
    private final List<Tensor> all = new ArrayList<>();
    private boolean closed;

    LayerTensors(Backend backend) {
        this.backend = backend;
    }

    /**
     * A new tensor of the layer. If it cannot be made, the tensors before it are closed.
     *
     * @param values its elements, or null for the same value everywhere
     */
    Tensor own(ElementType type, float value, float[] values, long... shape) {
        try {
            Tensor tensor = backend.empty(type, shape);
            all.add(tensor);
            if (values == null) {
                tensor.setAll(value);
            } else {
                tensor.set(values);
            }
            return tensor;
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    List<Tensor> all() {
        return all;
    }

    /** Rejects a layer that is closed, also if a scope or the backend closed its tensors. */
    void requireOpen(Layer layer) {
        if (closed) {
            throw new IllegalStateException(layer + " is closed");
        }
        if (!all.isEmpty() && all.get(0).buffer().isClosed()) {
            throw new IllegalStateException(layer + " is closed with the scope or the backend that it was made in");
        }
    }

    void close() {
        closed = true;
        all.forEach(Tensor::close);
    }
}
