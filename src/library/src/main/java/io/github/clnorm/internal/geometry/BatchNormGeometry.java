package io.github.clnorm.internal.geometry;

import io.github.clnorm.type.Layout;

/**
 * BatchNorm's sets: every channel over the whole batch.
 *
 * <p>Source: Ioffe and Szegedy, <a href="https://arxiv.org/abs/1502.03167">Batch Normalization</a>, ICML 2015, and <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.functional.batch_norm.html">torch.nn.functional.batch_norm</a>,
 * whose messages are used here.
 *
 * <p>Thread-safe.
 */
public final class BatchNormGeometry {
    private BatchNormGeometry() {}

    /**
     * The geometry of an input of shape {@code (N, C, *)}, or {@code (N, *, C)} with channels last.
     *
     * @param shape the input's shape
     * @param layout where the channels are
     * @return C sets of N·S elements
     * @throws IllegalArgumentException when the input has fewer than two dimensions
     */
    public static Geometry of(long[] shape, Layout layout) {
        Channels input = Channels.of(shape, layout);
        if (input.isEmpty()) {
            return Geometry.empty(input.channels());
        }
        long positions = input.positions();
        if (input.channels() == 1) {
            long all = input.samples() * positions;
            return new Geometry(1, 1, 1, all, all);
        }
        return layout == Layout.CHANNELS_FIRST
                ? new Geometry(1, input.samples(), input.channels(), positions, positions)
                : new Geometry(1, input.samples() * positions, input.channels(), 1, 1);
    }

    /**
     * Refuses an input with one value a channel, which has no variance to learn from.
     *
     * @param shape the input's shape
     * @param layout where the channels are
     * @throws IllegalArgumentException with PyTorch's message
     */
    public static void checkBatchStatistics(long[] shape, Layout layout) {
        Channels input = Channels.of(shape, layout);
        if (input.samples() * input.positions() == 1) {
            throw new IllegalArgumentException(
                    "Expected more than 1 value per channel when training, got input size " + Shapes.text(shape));
        }
    }

    /**
     * Checks a parameter or running statistic against the input.
     *
     * @param name such as {@code "running_mean"}, for the message
     * @param parameterShape its shape: must be {@code [C]}
     * @param inputShape shape of the input
     * @param layout where the input's channels are
     * @param wording of the remedy
     * @throws IllegalArgumentException when it does not fit
     */
    public static void checkParameter(
            String name, long[] parameterShape, long[] inputShape, Layout layout, Wording wording) {
        long channels = Channels.of(inputShape, layout).channels();
        if (Shapes.elements(parameterShape) != channels) {
            throw new IllegalArgumentException(name + " should contain " + channels + " elements not "
                    + Shapes.elements(parameterShape)
                    + (parameterShape.length == 1 ? wording.remedy(inputShape, layout, parameterShape[0]) : ""));
        }
        if (parameterShape.length != 1) {
            throw new IllegalArgumentException("Expected " + name + " to be a vector of size equal to the number of"
                    + " channels in input, but got " + name + " of shape " + Shapes.text(parameterShape)
                    + " and input of shape " + Shapes.text(inputShape));
        }
    }
}
