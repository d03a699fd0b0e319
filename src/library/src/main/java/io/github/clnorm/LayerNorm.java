package io.github.clnorm;

import io.github.clnorm.type.ElementType;

/**
 * Layer normalization as a layer, with the parameters and defaults of <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html">torch.nn.LayerNorm</a>.
 *
 * <p>Source: Ba, Kiros and Hinton, <a href="https://arxiv.org/abs/1607.06450">Layer Normalization</a>, 2016. Input:
 * {@code (*, normalized_shape)}. Weight and bias: {@code normalized_shape}, 1 and 0 at first.
 *
 * <p>Thread-safe, see {@link Layer}.
 *
 * @serial exclude
 */
public final class LayerNorm extends Layer {

    LayerNorm(Backend backend, LayerNormSpec spec, ElementType parameterType) {
        super(backend, spec, parameterType);
    }

    /**
     * A layer with weight and bias, and eps 1e-5.
     *
     * @param backend where it works
     * @param normalizedShape the last dimensions of its inputs
     * @return the layer
     * @throws IllegalArgumentException if there are none
     */
    public static LayerNorm of(Backend backend, long... normalizedShape) {
        return builder(backend, normalizedShape).build();
    }

    /**
     * A layer with other settings.
     *
     * @param backend where it works
     * @param normalizedShape the last dimensions of its inputs
     * @return a builder
     */
    public static Builder builder(Backend backend, long... normalizedShape) {
        return new Builder(backend, normalizedShape);
    }

    /** The settings of a layer. Not thread-safe. */
    public static final class Builder extends Settings<Builder> {
        private final long[] normalizedShape;
        private boolean elementwiseAffine = true;
        private boolean bias = true;

        private Builder(Backend backend, long... normalizedShape) {
            super(backend, NormSpec.Common.DEFAULTS);
            this.normalizedShape = normalizedShape.clone();
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
        public Builder elementwiseAffine(boolean value) {
            elementwiseAffine = value;
            return this;
        }

        /**
         * Whether a layer with a weight has a bias too.
         *
         * @param value true unless set
         * @return this
         */
        public Builder bias(boolean value) {
            bias = value;
            return this;
        }

        /**
         * Makes the layer.
         *
         * @return the layer
         * @throws IllegalArgumentException if {@code normalizedShape} is empty or has a negative dimension
         */
        public LayerNorm build() {
            LayerNormSpec spec = NormSpec.layerNorm(normalizedShape)
                    .with(setParameters(elementwiseAffine, elementwiseAffine && bias)
                            .common());
            return new LayerNorm(backend, spec, parameterType());
        }
    }
}
