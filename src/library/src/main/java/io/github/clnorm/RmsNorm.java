package io.github.clnorm;

import io.github.clnorm.type.ElementType;

/**
 * Root mean square normalization as a layer, with the parameters and defaults of <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html">torch.nn.RMSNorm</a>.
 *
 * <p>Source: Zhang and Sennrich, <a href="https://arxiv.org/abs/1910.07467">Root Mean Square Layer Normalization</a>,
 * NeurIPS 2019. Input: {@code (*, normalized_shape)}. Weight: {@code normalized_shape}, 1 at first; no bias unless a
 * {@link NormSpec} has one.
 *
 * <p>Thread-safe, see {@link Layer}.
 *
 * @serial exclude
 */
public final class RmsNorm extends Layer {

    RmsNorm(Backend backend, RmsNormSpec spec, ElementType parameterType) {
        super(backend, spec, parameterType);
    }

    /**
     * A layer with a weight. eps is the machine epsilon of the type that its inputs are computed in: 2<sup>-23</sup>,
     * or 2<sup>-52</sup> for float64.
     *
     * @param backend where it works
     * @param normalizedShape the last dimensions of its inputs
     * @return the layer
     * @throws IllegalArgumentException if there are none
     */
    public static RmsNorm of(Backend backend, long... normalizedShape) {
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

    /** The settings of a layer. Not thread-safe. Unless set, eps is the machine epsilon of the type that the input is computed in: float32's for
     * float16, bfloat16 and float32, float64's for float64. */
    public static final class Builder extends Settings<Builder> {
        private final long[] normalizedShape;
        private double weightOffset;

        private Builder(Backend backend, long... normalizedShape) {
            super(backend, RmsNormSpec.DEFAULTS);
            this.normalizedShape = normalizedShape.clone();
        }

        @Override
        Builder self() {
            return this;
        }

        /**
         * Whether the layer has a weight.
         *
         * @param value true unless set
         * @return this
         */
        public Builder elementwiseAffine(boolean value) {
            return setParameters(value, false);
        }

        /**
         * A number that is added to each weight: y = x̂ · (weight + offset). Gemma has 1. The initial weight is 1 - offset.
         *
         * @param value 0 unless set
         * @return this
         * @throws IllegalArgumentException when it is infinite or NaN
         */
        public Builder weightOffset(double value) {
            weightOffset = RmsNormSpec.finite(value);
            return this;
        }

        /**
         * Makes the layer.
         *
         * @return the layer
         * @throws IllegalArgumentException if {@code normalizedShape} is empty or has a negative dimension
         */
        public RmsNorm build() {
            return new RmsNorm(
                    backend,
                    NormSpec.rmsNorm(normalizedShape).weightOffset(weightOffset).with(common()),
                    parameterType());
        }
    }
}
