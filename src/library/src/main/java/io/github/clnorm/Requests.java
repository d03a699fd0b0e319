package io.github.clnorm;

import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.geometry.Wording;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;

/** Checks of numbers and settings that need no tensor. Messages use the library's names. */
final class Requests {

    private Requests() {}

    /** eps of an operation. It may be negative, as in PyTorch's own tests. */
    static double eps(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("Expected eps to be a finite number, but got eps = " + value);
        }
        return value;
    }

    /** eps of a layer: 0 or more, so that only a negative running variance can give NaN. */
    static double epsOfLayer(double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(
                    "Expected eps(…) with a finite number of 0 or more, but got eps(" + value + ")");
        }
        return value;
    }

    /** A momentum. It may be negative or above 1, as in PyTorch. */
    static double momentum(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("Expected momentum to be a finite number, but got momentum = " + value);
        }
        return value;
    }

    /** num_batches_tracked. */
    static long batches(long value) {
        if (value < 0 || value == Long.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "Expected num_batches_tracked from 0 to " + (Long.MAX_VALUE - 1) + ", got " + value);
        }
        return value;
    }

    /** num_channels or num_features. */
    static long count(String name, long value) {
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "Expected " + name + " from 0 to " + Integer.MAX_VALUE + ", got " + value);
        }
        return value;
    }

    /** One dimension or more, none of them negative. */
    static long[] normalizedShape(long... shape) {
        if (shape.length == 0) {
            throw new IllegalArgumentException(
                    "Expected normalized_shape to be at least 1-dimensional, i.e., containing"
                            + " at least one element, but got normalized_shape = []");
        }
        for (long dimension : shape) {
            if (dimension < 0) {
                throw new IllegalArgumentException("Expected normalized_shape with dimensions of 0 or more, but got"
                        + " normalized_shape = " + Shapes.text(shape));
            }
        }
        return shape;
    }

    /** Rejects a layout for an operation that normalizes the last dimensions. */
    static void noLayout(String operation, Layout layout) {
        if (layout != Layout.CHANNELS_FIRST) {
            throw new IllegalArgumentException("layout(" + layout.name() + ") does not belong to " + operation
                    + ", which normalizes the last dimensions");
        }
    }

    /** Checks the channels of an input of a layer. */
    static void channels(long[] shape, Layout layout, long expected) {
        if (expected != NormSpec.ANY && shape.length >= 2 && shape[layout.channelAxis(shape.length)] != expected) {
            throw new IllegalArgumentException("Expected input with " + expected + " channels, but got input of shape "
                    + Shapes.text(shape) + Wording.LIBRARY.remedy(shape, layout, expected));
        }
    }

    /** Checks that the device computes a type; the message names the setting. */
    static void available(Backend backend, String setting, ElementType type) {
        if (type == ElementType.FLOAT64 && !backend.device().fp64()) {
            throw new IllegalArgumentException("float64 is not available on "
                    + backend.device().description() + ": build the layer with " + setting + "(FLOAT32)");
        }
    }

    /** Checks the type of a layer's running statistics, which is set when the layer is built. */
    static void statisticsType(Tensor input, Tensor statistic) {
        ElementType real = input.type().accumulator();
        if (statistic != null && statistic.type() != real) {
            throw new IllegalArgumentException("Expected running statistics of type " + real + " for input of type "
                    + input.type() + ", but got " + statistic.type() + ": build the layer with statisticsType("
                    + real.name()
                    + ")");
        }
    }
}
