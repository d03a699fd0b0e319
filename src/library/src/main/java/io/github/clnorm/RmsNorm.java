package io.github.clnorm;

/**
 * Root mean square normalization as a layer, with the parameters and defaults of <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html">torch.nn.RMSNorm</a>.
 *
 * <p>Source: Zhang and Sennrich, <a href="https://arxiv.org/abs/1910.07467">Root Mean Square Layer Normalization</a>,
 * NeurIPS 2019. Input: {@code (*, normalized_shape)}. Weight: {@code normalized_shape}, 1 at first; there is no bias.
 *
 * <p>Thread-safe, see {@link Layer}.
 */
public final class RmsNorm extends Layer {

    private final long[] normalizedShape;

    private RmsNorm(Builder builder) {
        super(builder, builder.elementwiseAffine, false, builder.normalizedShape);
        this.normalizedShape = builder.normalizedShape;
    }

    /**
     * A layer with a weight. eps is the machine epsilon of the type that its inputs are computed in: 2<sup>-23</sup>, or
     * 2<sup>-52</sup> for float64.
     *
     * @param backend where it works
     * @param normalizedShape the last dimensions of its inputs
     * @return the layer
     * @throws IllegalArgumentException when there are none
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

    @Override
    Pass pass(Tensor input, Options options) {
        double added = Double.isNaN(eps()) ? input.type().accumulator().epsilon() : eps();
        return Functional.rmsNormPass(input, normalizedShape, weight(), null, added, options);
    }

    @Override
    Gradients gradients(Tensor gradOutput, Tensor input, Saved saved, GradientOptions options) {
        return Functional.rmsNormBackward(gradOutput, input, normalizedShape, weight(), null, saved, options);
    }

    /** As PyTorch prints it. */
    @Override
    public String toString() {
        return "RMSNorm(" + LayerNorm.tuple(normalizedShape) + ", eps=" + (Double.isNaN(eps()) ? "None" : number(eps()))
                + ", elementwise_affine=" + bool(weight() != null) + ")";
    }

    /** The settings of a layer. Not thread-safe. Unless set, eps is the machine epsilon of the type that the input is computed in: float32's for
     * float16, bfloat16 and float32, float64's for float64. */
    public static final class Builder extends Settings<Builder> {
        private final long[] normalizedShape;
        private boolean elementwiseAffine = true;

        private Builder(Backend backend, long... normalizedShape) {
            super(backend, Double.NaN);
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
            elementwiseAffine = value;
            return this;
        }

        /**
         * Makes the layer.
         *
         * @return the layer
         * @throws IllegalArgumentException when there is nothing to normalize over
         */
        public RmsNorm build() {
            Requests.normalizedShape(normalizedShape);
            return new RmsNorm(this);
        }
    }
}
