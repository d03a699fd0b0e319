package io.github.clnorm;

import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.type.ElementType;
import java.util.StringJoiner;

/** The text of a tensor, for people and debuggers. */
final class TensorText {

    private static final int SHOWN = 6;

    private TensorText() {}

    static String of(Tensor tensor) {
        return "Tensor(" + tensor.type() + ", " + Shapes.text(tensor.sizes()) + ", "
                + tensor.backend().device().name() + ", " + content(tensor) + ")";
    }

    /** The first values, or the reason why they cannot be read. Throws nothing: a debugger may call it at any time. */
    private static String content(Tensor tensor) {
        try {
            if (tensor.buffer().isClosed()) {
                return "closed";
            }
            // A compiler or the tuner may hold the lock for seconds, and a suspended thread for ever.
            return tensor.backend().session().isBusy() ? "backend busy" : values(tensor);
        } catch (IllegalStateException e) {
            return tensor.buffer().isClosed() ? "closed" : "being written";
        } catch (RuntimeException e) {
            return "not readable: " + e.getMessage();
        }
    }

    private static String values(Tensor tensor) {
        int count = (int) Math.min(SHOWN, tensor.elements());
        StringJoiner list = new StringJoiner(", ", "[", "]");
        for (double value : tensor.firstValues(count)) {
            list.add(tensor.type() == ElementType.FLOAT64 ? Double.toString(value) : Float.toString((float) value));
        }
        if (count < tensor.elements()) {
            list.add("…");
        }
        return list.toString();
    }
}
