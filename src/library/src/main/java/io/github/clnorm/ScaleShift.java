package io.github.clnorm;

import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.type.ElementType;
import java.util.Arrays;

/**
 * The scale and the shift of each sample and channel of a pass. Immutable and thread-safe, as its tensors are.
 *
 * @param scale or null for 0
 * @param shift or null for 0; not both are null
 */
record ScaleShift(Tensor scale, Tensor shift) {

    /** Null if both are null. */
    static ScaleShift of(Tensor scale, Tensor shift) {
        return scale == null && shift == null ? null : new ScaleShift(scale, shift);
    }

    /** Checks both against an input whose scale has the given shape. */
    void check(Tensor input, long... shape) {
        check(input, "scale", scale, shape);
        check(input, "shift", shift, shape);
        if (scale != null && shift != null && scale.type() != shift.type()) {
            throw new IllegalArgumentException(
                    "Expected scale and shift of one type, but got " + scale.type() + " and " + shift.type());
        }
    }

    private static void check(Tensor input, String name, Tensor tensor, long... shape) {
        if (tensor == null) {
            return;
        }
        Checks.openHere(input, name, tensor);
        if (!Arrays.equals(tensor.sizes(), shape)) {
            throw new IllegalArgumentException("Expected " + name + " of shape " + Shapes.text(shape)
                    + " for input of shape " + Shapes.text(input.sizes()) + ", but got "
                    + Shapes.text(tensor.sizes())
                    + (tensor.elements() == Shapes.elements(shape) ? ": view(…) changes the shape" : ""));
        }
        ElementType real = input.type().accumulator();
        if (tensor.type() != input.type() && tensor.type() != real) {
            throw new IllegalArgumentException("Expected " + name + " of type " + input.type()
                    + (real == input.type() ? "" : " or " + real) + " for input of type " + input.type() + ", but got "
                    + tensor.type());
        }
        Checks.readable(name, tensor);
    }

    /** One of both that is not null. */
    Tensor any() {
        return scale != null ? scale : shift;
    }
}
