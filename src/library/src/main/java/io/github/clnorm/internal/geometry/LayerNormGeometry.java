package io.github.clnorm.internal.geometry;

import java.util.Arrays;

/**
 * The sets of LayerNorm and RMSNorm: the last dimensions, for every index of those before.
 *
 * <p>Source: Ba, Kiros and Hinton, <a href="https://arxiv.org/abs/1607.06450">Layer Normalization</a>, 2016; Zhang and
 * Sennrich, <a href="https://arxiv.org/abs/1910.07467">Root Mean Square Layer Normalization</a>, NeurIPS 2019; and <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html">torch.nn.functional.layer_norm</a>,
 * whose messages are used here.
 *
 * <p>Thread-safe.
 */
public final class LayerNormGeometry {
    private LayerNormGeometry() {}

    /**
     * The geometry of an input of shape {@code (*, normalized_shape)}.
     *
     * @param shape the input's shape
     * @param normalizedShape its last dimensions, one or more
     * @return a set for every index of the leading dimensions
     * @throws IllegalArgumentException when the input does not end in {@code normalizedShape}
     */
    public static Geometry of(long[] shape, long... normalizedShape) {
        if (normalizedShape.length == 0) {
            throw new IllegalArgumentException(
                    "Expected normalized_shape to be at least 1-dimensional, i.e., containing"
                            + " at least one element, but got normalized_shape = []");
        }
        int leading = shape.length - normalizedShape.length;
        if (leading < 0 || !Arrays.equals(shape, leading, shape.length, normalizedShape, 0, normalizedShape.length)) {
            String expected = Shapes.text(normalizedShape);
            throw new IllegalArgumentException("Given normalized_shape=" + expected + ", expected input with shape [*, "
                    + expected.substring(1) + ", but got input of size " + Shapes.text(shape));
        }
        long sets = Shapes.elements(statisticsShape(shape, normalizedShape));
        long size = Shapes.elements(normalizedShape);
        return sets == 0 || size == 0 ? Geometry.empty(sets) : new Geometry(sets, 1, 1, size, 1);
    }

    /**
     * The shape of means and rstds.
     *
     * @param shape the input's shape
     * @param normalizedShape its last dimensions
     * @return the leading dimensions
     */
    public static long[] statisticsShape(long[] shape, long... normalizedShape) {
        return Arrays.copyOf(shape, shape.length - normalizedShape.length);
    }

    /**
     * Checks a weight or bias.
     *
     * @param name {@code "weight"} or {@code "bias"}, for the message
     * @param parameterShape shape of the parameter: must be {@code normalizedShape}
     * @param normalizedShape the last dimensions of the input
     * @throws IllegalArgumentException when it does not fit
     */
    public static void checkParameter(String name, long[] parameterShape, long... normalizedShape) {
        if (!Arrays.equals(parameterShape, normalizedShape)) {
            throw new IllegalArgumentException("Expected " + name + " to be of same shape as normalized_shape, but got "
                    + name + " of shape " + Shapes.text(parameterShape) + " and normalized_shape = "
                    + Shapes.text(normalizedShape));
        }
    }
}
