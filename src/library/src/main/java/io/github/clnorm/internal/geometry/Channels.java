package io.github.clnorm.internal.geometry;

import io.github.clnorm.type.Layout;

/**
 * The channel axis of a shape, and the dimensions around it.
 *
 * <p>Immutable and thread-safe.
 *
 * @param samples N, the first dimension
 * @param channels C
 * @param positions S, the product of all other dimensions
 */
public record Channels(long samples, long channels, long positions) {

    /**
     * The channels of an input.
     *
     * @param shape of the input
     * @param layout where the channels are
     * @return N, C and S
     * @throws IllegalArgumentException if the input has fewer than two dimensions
     */
    public static Channels of(long[] shape, Layout layout) {
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

    /**
     * Whether the input has no elements.
     *
     * @return true if N, C or S is 0
     */
    public boolean isEmpty() {
        return samples == 0 || channels == 0 || positions == 0;
    }
}
