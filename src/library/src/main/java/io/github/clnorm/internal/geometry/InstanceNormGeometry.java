package io.github.clnorm.internal.geometry;

import io.github.clnorm.type.Layout;

/**
 * InstanceNorm's sets: every channel of every sample. GroupNorm with as many groups as channels.
 *
 * <p>Source: Ulyanov, Vedaldi and Lempitsky, <a href="https://arxiv.org/abs/1607.08022">Instance Normalization</a>, 2016,
 * and <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.functional.instance_norm.html">torch.nn.functional.instance_norm</a>.
 *
 * <p>Thread-safe.
 */
public final class InstanceNormGeometry {
    private InstanceNormGeometry() {}

    /**
     * The geometry of an input of shape {@code (N, C, *)}, or {@code (N, *, C)} with channels last.
     *
     * @param shape the input's shape
     * @param layout where the channels are
     * @return N·C sets of S elements
     * @throws IllegalArgumentException when the input has fewer than two dimensions
     */
    public static Geometry of(long[] shape, Layout layout) {
        return GroupNormGeometry.of(
                shape, Math.max(1, Channels.of(shape, layout).channels()), layout);
    }

    /**
     * Refuses an input whose instances have one value only: they have no variance to learn from.
     *
     * @param shape the input's shape
     * @param layout where the channels are
     * @throws IllegalArgumentException with PyTorch's message
     */
    public static void checkInputStatistics(long[] shape, Layout layout) {
        if (Channels.of(shape, layout).positions() == 1) {
            throw new IllegalArgumentException(
                    "Expected more than 1 spatial element when training, got input size " + Shapes.text(shape));
        }
    }
}
