package io.github.clnorm;

import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.List;

/** The tensors of a layer: made together, and closed together. The session's lock guards it. */
final class LayerTensors {

    private final Backend backend;
    private final List<Tensor> all = new ArrayList<>();

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

    /** Whether a scope or the backend closed them. */
    boolean areClosed() {
        return !all.isEmpty() && all.get(0).buffer().isClosed();
    }

    void close() {
        all.forEach(Tensor::close);
    }
}
