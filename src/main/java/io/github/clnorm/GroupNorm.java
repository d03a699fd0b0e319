package io.github.clnorm;

import io.github.clnorm.geometry.GroupNormGeometry;
import io.github.clnorm.geometry.Shapes;
import java.util.Arrays;

/**
 * Group normalization as a layer, with the parameters and defaults of <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html">torch.nn.GroupNorm</a>.
 *
 * <p>Source: Wu and He, <a href="https://arxiv.org/abs/1803.08494">Group Normalization</a>, ECCV 2018.
 *
 * <p>Weights begin as 1 and biases as 0. The layer belongs to its backend, and is closed with it.
 */
public final class GroupNorm implements AutoCloseable {

    private final Backend backend;
    private final long numGroups;
    private final long numChannels;
    private final double eps;
    private final Tensor weight;
    private final Tensor bias;
    private volatile boolean closed;

    private GroupNorm(Builder builder) {
        this.backend = builder.backend;
        this.numGroups = builder.numGroups;
        this.numChannels = builder.numChannels;
        this.eps = builder.eps;
        this.weight = builder.affine ? parameter(1) : null;
        try {
            this.bias = builder.affine ? parameter(0) : null;
        } catch (RuntimeException e) {
            weight.close();
            throw e;
        }
    }

    private Tensor parameter(float value) {
        float[] values = new float[(int) numChannels];
        Arrays.fill(values, value);
        return backend.tensor(values, numChannels);
    }

    /**
     * A layer with weight and bias, and eps 1e-5.
     *
     * @param backend where it works
     * @param numGroups G
     * @param numChannels C, a multiple of G
     * @return the layer
     * @throws IllegalArgumentException when the channels do not divide into the groups
     */
    public static GroupNorm of(Backend backend, long numGroups, long numChannels) {
        return builder(backend, numGroups, numChannels).build();
    }

    /**
     * A layer with other settings.
     *
     * @param backend where it works
     * @param numGroups G
     * @param numChannels C, a multiple of G
     * @return a builder
     */
    public static Builder builder(Backend backend, long numGroups, long numChannels) {
        return new Builder(backend, numGroups, numChannels);
    }

    /**
     * Normalizes. The result is enqueued, not waited for.
     *
     * @param input x, of shape {@code (N, C, *)}. Not modified
     * @return y, of the same shape; the caller closes it, or the backend does
     * @throws IllegalArgumentException when the input does not fit
     * @throws IllegalStateException when the layer or the input is closed
     */
    public Tensor forward(Tensor input) {
        if (closed) {
            throw new IllegalStateException(this + " is closed");
        }
        input.requireOpen();
        if (input.backend() != backend) {
            throw new IllegalArgumentException("Expected input of the layer's own backend (on "
                    + backend.device().description() + "), but got one of another backend (on "
                    + input.backend().device().description() + ")");
        }
        long[] shape = input.shape();
        if (shape.length >= 2 && shape[1] != numChannels) {
            throw new IllegalArgumentException("Expected input with " + numChannels + " channels, but got input of shape "
                    + Shapes.text(shape));
        }
        Functional.checkGroupNorm(input, numGroups, weight, bias);
        Tensor output = backend.empty(shape);
        try {
            Functional.run(
                    input, GroupNormGeometry.of(shape, numGroups), weight, bias, eps, output, null, null);
        } catch (RuntimeException e) {
            output.close();
            throw e;
        }
        return output;
    }

    /**
     * Gamma.
     *
     * @return a tensor of shape {@code (C)}, the layer's own: {@link Tensor#set} changes the layer; null without affine
     */
    public Tensor weight() {
        return weight;
    }

    /**
     * Beta.
     *
     * @return a tensor of shape {@code (C)}, the layer's own: {@link Tensor#set} changes the layer; null without affine
     */
    public Tensor bias() {
        return bias;
    }

    /** Gives the parameters' memory back. */
    @Override
    public void close() {
        closed = true;
        if (weight != null) {
            weight.close();
            bias.close();
        }
    }

    /** As PyTorch prints it. */
    @Override
    public String toString() {
        return "GroupNorm(" + numGroups + ", " + numChannels + ", eps=" + eps + ", affine=" + (weight != null) + ")";
    }

    /** The settings of a layer. */
    public static final class Builder {
        private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

        private final Backend backend;
        private final long numGroups;
        private final long numChannels;
        private double eps = 1e-5;
        private boolean affine = true;

        private Builder(Backend backend, long numGroups, long numChannels) {
            this.backend = backend;
            this.numGroups = numGroups;
            this.numChannels = numChannels;
        }

        /**
         * What is added to the variance.
         *
         * @param eps the value; 1e-5 when not set
         * @return this
         */
        public Builder eps(double eps) {
            this.eps = eps;
            return this;
        }

        /**
         * Whether there are weight and bias.
         *
         * @param affine the value; true when not set
         * @return this
         */
        public Builder affine(boolean affine) {
            this.affine = affine;
            return this;
        }

        /**
         * Makes the layer.
         *
         * @return the layer
         * @throws IllegalArgumentException when the channels do not divide into the groups
         */
        public GroupNorm build() {
            if (numGroups <= 0) {
                throw new IllegalArgumentException("Expected num groups to be greater than 0, got " + numGroups);
            }
            if (numChannels < 0 || numChannels > LARGEST_ARRAY) {
                throw new IllegalArgumentException(
                        "Expected num_channels from 0 to " + LARGEST_ARRAY + ", got " + numChannels);
            }
            if (numChannels % numGroups != 0) {
                throw new IllegalArgumentException(
                        "num_channels (" + numChannels + ") must be divisible by num_groups (" + numGroups + ")");
            }
            return new GroupNorm(this);
        }
    }
}
