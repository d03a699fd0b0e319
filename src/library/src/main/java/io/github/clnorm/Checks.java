package io.github.clnorm;

import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.geometry.Wording;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Arrays;

/** Checks of the tensors of a pass, before anything is enqueued. Null passes every check. */
final class Checks {

    private Checks() {}

    /** Open, in the input's context, and of its shape and type. */
    static void like(Tensor input, String name, Tensor tensor) {
        if (tensor == null) {
            return;
        }
        openHere(input, name, tensor);
        if (!Arrays.equals(tensor.sizes(), input.sizes()) || tensor.type() != input.type()) {
            throw new IllegalArgumentException("Expected " + name + " of the input's shape and type, " + input.type()
                    + " " + Shapes.text(input.sizes()) + ", but got " + tensor.type() + " "
                    + Shapes.text(tensor.sizes()));
        }
    }

    /** Open, and in the OpenCL context of the input's backend. */
    static void openHere(Tensor input, String name, Tensor tensor) {
        if (tensor == null) {
            return;
        }
        tensor.requireUsable(name);
        if (!tensor.backend().session().sharesContextWith(input.backend().session())) {
            throw new IllegalArgumentException("Expected " + name + " and input on one backend, but got "
                    + (tensor.backend().device().equals(input.backend().device())
                            ? "tensors of two backends on one device, "
                                    + input.backend().device().description()
                            : name + " on " + tensor.backend().device().description() + " and input on "
                                    + input.backend().device().description()));
        }
    }

    /** Rejects a tensor that kernels cannot read. */
    static void readable(String name, Tensor tensor) {
        if (tensor != null) {
            permitted(name, tensor, tensor.buffer().access().againstKernelReads(), "read");
        }
    }

    /** Rejects a tensor that kernels cannot write. */
    static void writable(String name, Tensor tensor) {
        if (tensor != null) {
            permitted(name, tensor, tensor.buffer().access().againstKernelWrites(), "write");
        }
    }

    private static void permitted(String name, Tensor tensor, String flag, String what) {
        if (flag != null) {
            throw new IllegalArgumentException("Expected " + name + " in a buffer that kernels can " + what
                    + ", but the buffer of the tensor of shape " + Shapes.text(tensor.sizes()) + " was created with "
                    + flag);
        }
    }

    /** Rejects tensors that have some elements in common, but are not the same memory. */
    static void noOverlap(String name, Tensor tensor, String otherName, Tensor other) {
        if (tensor != null && other != null && tensor.sharesMemoryWith(other) && !tensor.isSameMemoryAs(other)) {
            throw new IllegalArgumentException("Expected " + name + " and " + otherName
                    + " in the same memory or without overlap, but got " + tensor.type() + " "
                    + Shapes.text(tensor.sizes()) + " at byte "
                    + tensor.buffer().offset() + " and " + other.type() + " " + Shapes.text(other.sizes()) + " at byte "
                    + other.buffer().offset() + " of one buffer");
        }
    }

    /** Rejects a tensor of results that shares memory with one that every work-group reads until the end. */
    static void notInPlace(Tensor written, String holds, Iterable<Tensor> reads) {
        for (Tensor read : reads) {
            if (written != null && read != null && written.sharesMemoryWith(read)) {
                throw new IllegalArgumentException(
                        "cannot work in place: the tensor of shape " + Shapes.text(written.sizes()) + " holds " + holds
                                + ", which every work-group reads until the end");
            }
        }
    }

    /** Weight and bias of one type. */
    static void oneType(Tensor weight, Tensor bias) {
        if (weight != null && bias != null && weight.type() != bias.type()) {
            throw new IllegalArgumentException(
                    "Expected weight and bias of one type, but got " + weight.type() + " and " + bias.type());
        }
    }

    /**
     * As many elements as the kernels read and write. PyTorch's checks of the shape come earlier. This one finds a spec
     * whose geometry and parameter shape disagree, before a kernel reads out of bounds.
     */
    static void ofGeometry(Geometry geometry, String name, Tensor parameter) {
        ofGeometry(geometry, 1, name, parameter);
    }

    /** The same for a parameter that each of some samples has a modulated copy of. */
    static void ofGeometry(Geometry geometry, long samples, String name, Tensor parameter) {
        // A tensor without elements has parameters, but its geometry has none, and no kernel runs.
        if (parameter != null && geometry.elements() > 0 && parameter.elements() * samples != geometry.parameters()) {
            throw new IllegalStateException("Expected " + name + " of " + geometry.parameters() / samples
                    + " elements for " + geometry + ", but got " + parameter.elements()
                    + ": the NormSpec's geometry and parameter shape"
                    + " disagree");
        }
    }

    /** Running statistics: one per channel, of the accumulator's type. */
    static void ofChannels(Tensor input, String name, Tensor statistic, long channels, Layout layout) {
        if (statistic == null) {
            return;
        }
        if (statistic.elements() != channels || statistic.sizes().length != 1) {
            throw new IllegalArgumentException(
                    name + " should contain " + channels + " elements not " + statistic.elements()
                            + (statistic.sizes().length == 1
                                    ? Wording.LIBRARY.remedy(input.sizes(), layout, statistic.elements())
                                    : ", in one dimension, but is of shape " + Shapes.text(statistic.sizes())));
        }
        ofReals(input, name, statistic);
    }

    /** Of the accumulator's type. */
    static void ofReals(Tensor input, String name, Tensor statistic) {
        ElementType real = input.type().accumulator();
        if (statistic != null && statistic.type() != real) {
            throw new IllegalArgumentException("Expected " + name + " of type " + real + " for input of type "
                    + input.type() + ", but got " + statistic.type());
        }
    }

    /** Saved statistics: open, in the input's context, of the given shape and the accumulator's type. */
    static void saved(Tensor input, String name, Tensor statistic, long... shape) {
        if (statistic == null) {
            return;
        }
        openHere(input, name, statistic);
        if (!Arrays.equals(statistic.sizes(), shape)) {
            throw new IllegalArgumentException("Expected " + name + " of shape "
                    + Shapes.text(shape) + " for input of shape " + Shapes.text(input.sizes()) + ", but got "
                    + Shapes.text(statistic.sizes()));
        }
        ofReals(input, name, statistic);
    }
}
