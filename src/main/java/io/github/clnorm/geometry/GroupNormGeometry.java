package io.github.clnorm.geometry;

/**
 * GroupNorm's sets: for every sample the channels of a group, with all their positions. With channels first they lie one
 * after another in memory.
 *
 * <p>Source: Wu and He, <a href="https://arxiv.org/abs/1803.08494">Group Normalization</a>, ECCV 2018, and
 * <a href="https://pytorch.org/docs/stable/generated/torch.nn.functional.group_norm.html">torch.nn.functional.group_norm</a>,
 * whose messages are used here.
 */
public final class GroupNormGeometry {
    private GroupNormGeometry() {}

    /**
     * The geometry of an input of shape {@code (N, C, *)}.
     *
     * @param shape the input's shape, two dimensions or more
     * @param numGroups groups that the C channels are divided into
     * @return N·G sets of C/G·S elements, in runs of S, the number of positions
     * @throws IllegalArgumentException when the input has fewer than two dimensions or its channels do not divide into
     *     {@code numGroups}
     */
    public static Geometry of(long[] shape, long numGroups) {
        if (shape.length < 2) {
            throw new IllegalArgumentException("Expected at least 2 dimensions for input tensor but received "
                    + shape.length + ": input of shape " + Shapes.text(shape));
        }
        if (numGroups <= 0) {
            throw new IllegalArgumentException("Expected num groups to be greater than 0, got " + numGroups);
        }
        long elements = Shapes.elements(shape);
        long channels = shape[1];
        if (channels % numGroups != 0) {
            throw new IllegalArgumentException("Expected number of channels in input to be divisible by num_groups,"
                    + " but got input of shape " + Shapes.text(shape) + " and num_groups=" + numGroups);
        }
        long sets = Shapes.elements(shape[0], numGroups);
        if (elements == 0) {
            return new Geometry(channels == 0 ? 0 : sets, 0, 1, numGroups);
        }
        long positions = elements / shape[0] / channels;
        return new Geometry(sets, elements / sets, positions, numGroups);
    }

    /**
     * Checks a weight or bias against the input.
     *
     * @param name {@code "weight"} or {@code "bias"}, for the message
     * @param parameterShape shape of the parameter: must be {@code [C]}
     * @param inputShape shape of the input
     * @throws IllegalArgumentException when it does not fit
     */
    public static void checkParameter(String name, long[] parameterShape, long[] inputShape) {
        if (parameterShape.length != 1 || parameterShape[0] != inputShape[1]) {
            throw new IllegalArgumentException("Expected " + name + " to be a vector of size equal to the number of"
                    + " channels in input, but got " + name + " of shape " + Shapes.text(parameterShape)
                    + " and input of shape " + Shapes.text(inputShape));
        }
    }
}
