package io.github.clnorm;

import io.github.clnorm.internal.geometry.Shapes;
import java.util.Arrays;

/** Shapes and ranges of tensors that share memory. */
final class Views {
    private Views() {}

    /** The shape of a view, with -1 replaced. */
    static long[] shape(Tensor tensor, long... dimensions) {
        long[] shape = dimensions.clone();
        int inferred = -1;
        long others = 1;
        for (int i = 0; i < shape.length; i++) {
            if (shape[i] == -1 && inferred < 0) {
                inferred = i;
            } else if (shape[i] < 0) {
                throw new IllegalArgumentException(
                        "Expected dimensions of 0 or more, one of them -1 at most, but got " + Shapes.text(dimensions));
            }
        }
        if (inferred >= 0) {
            shape[inferred] = 1;
            others = Shapes.elements(shape);
            shape[inferred] = others == 0 ? 0 : tensor.elements() / others;
        }
        if (Shapes.elements(shape) != tensor.elements()) {
            throw new IllegalArgumentException("shape " + Shapes.text(dimensions) + " is invalid for a tensor of shape "
                    + Shapes.text(tensor.sizes()) + ", which has " + tensor.elements() + " elements");
        }
        return shape;
    }

    /** Checks the range of a slice, and returns the bytes of an index of the first dimension. */
    static long rowBytes(Tensor tensor, long from, long to) {
        long[] shape = tensor.sizes();
        String slice = "slice(" + from + ", " + to + ") of a tensor of shape " + Shapes.text(shape);
        if (shape.length == 0) {
            throw new IllegalArgumentException(slice + ": it has no dimension to slice");
        }
        if (from < 0 || to < from || to > shape[0]) {
            throw new IllegalArgumentException(slice + ": expected 0 <= from <= to <= " + shape[0]);
        }
        long rowBytes = Shapes.elements(Arrays.copyOfRange(shape, 1, shape.length))
                * tensor.type().bytes();
        boolean isWhole = from == 0 && to == shape[0];
        if (rowBytes > 0 && to > from && !isWhole) {
            checkAddress(tensor, slice, from, rowBytes);
        }
        return rowBytes;
    }

    private static void checkAddress(Tensor tensor, String slice, long from, long rowBytes) {
        long alignment = tensor.backend().session().partAlignment();
        long base = tensor.buffer().offset();
        if ((base + from * rowBytes) % alignment == 0) {
            return;
        }
        // Within `alignment` rows the remainders repeat.
        long rows = tensor.sizes()[0];
        long below = from - 1;
        while (below > 0 && (base + below * rowBytes) % alignment != 0) {
            below--;
        }
        long above = from + 1;
        while (above < rows && above - from <= alignment && (base + above * rowBytes) % alignment != 0) {
            above++;
        }
        boolean hasAbove = above < rows && (base + above * rowBytes) % alignment == 0;
        throw new IllegalArgumentException(slice + " begins at byte " + (base + from * rowBytes)
                + " of its buffer, but " + tensor.backend().device().description() + " addresses multiples of "
                + alignment + " bytes (CL_DEVICE_MEM_BASE_ADDR_ALIGN): the nearest "
                + (hasAbove ? "indices to begin at are " + below + " and " + above : "index to begin at is " + below));
    }
}
