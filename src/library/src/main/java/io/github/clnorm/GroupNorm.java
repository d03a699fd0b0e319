package io.github.clnorm;

import io.github.clnorm.type.Layout;

/**
 * Group normalization as a layer, with the parameters and defaults of <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html">torch.nn.GroupNorm</a>.
 *
 * <p>Source: Wu and He, <a href="https://arxiv.org/abs/1803.08494">Group Normalization</a>, ECCV 2018. Input: {@code (N,
 * C, *)}, or {@code (N, *, C)} with channels last. Weight and bias: {@code (C)}, 1 and 0 at first.
 *
 * <p>Thread-safe, see {@link Layer}.
 */
public final class GroupNorm extends Layer {

    private final long numGroups;
    private final long numChannels;

    private GroupNorm(Builder builder) {
        super(builder, builder.affine, builder.affine, builder.numChannels);
        this.numGroups = builder.numGroups;
        this.numChannels = builder.numChannels;
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

    @Override
    Pass pass(Tensor input, Options options) {
        Requests.channels(input, layout(), numChannels);
        return Functional.groupNormPass(input, numGroups, weight(), bias(), eps(), options);
    }

    @Override
    Gradients gradients(Tensor gradOutput, Tensor input, Saved saved, GradientOptions options) {
        return Functional.groupNormBackward(gradOutput, input, numGroups, weight(), bias(), saved, options);
    }

    /** As PyTorch prints it. */
    @Override
    public String toString() {
        return "GroupNorm(" + numGroups + ", " + numChannels + ", eps=" + number(eps()) + ", affine="
                + bool(weight() != null) + ")";
    }

    /** The settings of a layer. Not thread-safe. */
    public static final class Builder extends Settings<Builder> {
        private final long numGroups;
        private final long numChannels;
        private boolean affine = true;

        private Builder(Backend backend, long numGroups, long numChannels) {
            super(backend, 1e-5);
            this.numGroups = numGroups;
            this.numChannels = numChannels;
        }

        @Override
        Builder self() {
            return this;
        }

        /**
         * Whether the layer has weight and bias.
         *
         * @param value true unless set
         * @return this
         */
        public Builder affine(boolean value) {
            affine = value;
            return this;
        }

        /**
         * Where the channels of input and output are.
         *
         * @param value channels first unless set
         * @return this
         */
        public Builder layout(Layout value) {
            return setLayout(value);
        }

        /**
         * Makes the layer.
         *
         * @return the layer
         * @throws IllegalArgumentException when the channels do not divide into the groups, or there are none of either
         */
        public GroupNorm build() {
            if (numGroups <= 0) {
                throw new IllegalArgumentException("Expected num groups to be greater than 0, got " + numGroups);
            }
            Requests.count("num_channels", numChannels);
            if (numChannels % numGroups != 0) {
                throw new IllegalArgumentException(
                        "num_channels (" + numChannels + ") must be divisible by num_groups (" + numGroups + ")");
            }
            return new GroupNorm(this);
        }
    }
}
