package io.github.clnorm.internal.geometry;

import io.github.clnorm.type.Layout;

/**
 * GroupNorm's sets: for every sample the channels of a group, with all their positions.
 *
 * <p>Source: Wu and He, <a href="https://arxiv.org/abs/1803.08494">Group Normalization</a>, ECCV 2018, and
 * <a href="https://pytorch.org/docs/stable/generated/torch.nn.functional.group_norm.html">torch.nn.functional.group_norm</a>,
 * whose messages are used here.
 *
 * <p>Thread-safe.
 */
public final class GroupNormGeometry {
    private GroupNormGeometry() {}

    /**
     * The geometry of an input of shape {@code (N, C, *)}, or {@code (N, *, C)} with channels last.
     *
     * @param shape the input's shape, two dimensions or more
     * @param numGroups groups that the C channels are divided into
     * @param layout where the channels are
     * @return N·G sets of C/G·S elements
     * @throws IllegalArgumentException when the input has fewer than two dimensions or its channels do not divide into
     *     {@code numGroups}
     */
    public static Geometry of(long[] shape, long numGroups, Layout layout) {
        Channels input = Channels.of(shape, layout);
        if (numGroups <= 0) {
            throw new IllegalArgumentException("Expected num groups to be greater than 0, got " + numGroups);
        }
        if (input.channels() % numGroups != 0) {
            throw new IllegalArgumentException("Expected number of channels in input to be divisible by num_groups,"
                    + " but got input of shape " + Shapes.text(shape) + " and num_groups=" + numGroups);
        }
        if (input.isEmpty()) {
            return Geometry.empty(input.channels() == 0 ? 0 : Shapes.elements(input.samples(), numGroups));
        }
        long channelsOfGroup = input.channels() / numGroups;
        long positions = input.positions();
        // With one position both layouts are the same memory, and get the same bits.
        return layout == Layout.CHANNELS_FIRST || positions == 1
                ? new Geometry(input.samples(), 1, numGroups, channelsOfGroup * positions, positions)
                : new Geometry(input.samples(), positions, numGroups, channelsOfGroup, 1);
    }

    /**
     * Checks a weight or bias against the input.
     *
     * @param name {@code "weight"} or {@code "bias"}, for the message
     * @param parameterShape shape of the parameter: must be {@code [C]}
     * @param inputShape shape of the input
     * @param layout where the input's channels are
     * @param wording of the remedy
     * @throws IllegalArgumentException when it does not fit
     */
    public static void checkParameter(
            String name, long[] parameterShape, long[] inputShape, Layout layout, Wording wording) {
        if (parameterShape.length != 1
                || parameterShape[0] != Channels.of(inputShape, layout).channels()) {
            throw new IllegalArgumentException("Expected " + name + " to be a vector of size equal to the number of"
                    + " channels in input, but got " + name + " of shape " + Shapes.text(parameterShape)
                    + " and input of shape " + Shapes.text(inputShape)
                    + (parameterShape.length == 1 ? wording.remedy(inputShape, layout, parameterShape[0]) : ""));
        }
    }
}
