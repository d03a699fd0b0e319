package io.github.clnorm.internal.geometry;

import io.github.clnorm.type.Layout;

/**
 * The channel axis of a shape, and what is on both sides of it.
 *
 * @param samples N, the first dimension
 * @param channels C
 * @param positions S, the product of all others
 */
record Channels(long samples, long channels, long positions) {

    /** The channels of a shape of at least two dimensions. */
    static Channels of(long[] shape, Layout layout) {
        if (shape.length < 2) {
            throw new IllegalArgumentException("Expected at least 2 dimensions for input tensor but received "
                    + shape.length + ": input of shape " + Shapes.text(shape));
        }
        Shapes.elements(shape);
        int axis = layout.channelAxis(shape.length);
        long positions = 1;
        for (int i = 1; i < shape.length; i++) {
            if (i != axis) {
                positions *= shape[i];
            }
        }
        return new Channels(shape[0], shape[axis], positions);
    }

    boolean isEmpty() {
        return samples == 0 || channels == 0 || positions == 0;
    }
}
