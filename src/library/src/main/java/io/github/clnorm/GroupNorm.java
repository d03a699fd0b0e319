package io.github.clnorm;

import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;

/**
 * Group normalization as a layer, with the parameters and defaults of <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html">torch.nn.GroupNorm</a>.
 *
 * <p>Source: Wu and He, <a href="https://arxiv.org/abs/1803.08494">Group Normalization</a>, ECCV 2018. Input: {@code
 * (N, C, *)}, or {@code (N, *, C)} with channels last. Weight and bias: {@code (C)}, 1 and 0 at first.
 *
 * <p>Thread-safe, see {@link Layer}.
 *
 * @serial exclude
 */
public final class GroupNorm extends Layer {

    GroupNorm(Backend backend, GroupNormSpec spec, ElementType parameterType) {
        super(backend, spec, parameterType);
    }

    /**
     * A layer with weight and bias, and eps 1e-5.
     *
     * @param backend where it works
     * @param numGroups G
     * @param numChannels C, a multiple of G
     * @return the layer
     * @throws IllegalArgumentException if the channels do not divide into the groups
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

    /** The settings of a layer. Not thread-safe. */
    public static final class Builder extends Settings<Builder> {
        private final long numGroups;
        private final long numChannels;

        private Builder(Backend backend, long numGroups, long numChannels) {
            super(backend, NormSpec.Common.DEFAULTS);
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
            return setParameters(value, value);
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
         * @throws IllegalArgumentException if the channels do not divide into the groups, or there are none of either
         */
        public GroupNorm build() {
            GroupNormSpec spec = NormSpec.groupNorm(numGroups, numChannels).with(common());
            return new GroupNorm(backend, spec, parameterType());
        }
    }
}
