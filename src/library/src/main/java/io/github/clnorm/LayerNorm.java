package io.github.clnorm;

import io.github.clnorm.internal.geometry.Shapes;

/**
 * Layer normalization as a layer, with the parameters and defaults of <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html">torch.nn.LayerNorm</a>.
 *
 * <p>Source: Ba, Kiros and Hinton, <a href="https://arxiv.org/abs/1607.06450">Layer Normalization</a>, 2016. Input:
 * {@code (*, normalized_shape)}. Weight and bias: {@code normalized_shape}, 1 and 0 at first.
 *
 * <p>Thread-safe, see {@link Layer}.
 */
public final class LayerNorm extends Layer {

    private final long[] normalizedShape;
    private final boolean elementwiseAffine;

    private LayerNorm(Builder builder) {
        super(builder, builder.elementwiseAffine, builder.elementwiseAffine && builder.bias, builder.normalizedShape);
        this.normalizedShape = builder.normalizedShape;
        this.elementwiseAffine = builder.elementwiseAffine;
    }

    /**
     * A layer with weight and bias, and eps 1e-5.
     *
     * @param backend where it works
     * @param normalizedShape the last dimensions of its inputs
     * @return the layer
     * @throws IllegalArgumentException when there are none
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

    @Override
    Pass pass(Tensor input, Options options) {
        return Functional.layerNormPass(input, normalizedShape, weight(), bias(), eps(), options);
    }

    @Override
    Gradients gradients(Tensor gradOutput, Tensor input, Saved saved, GradientOptions options) {
        return Functional.layerNormBackward(gradOutput, input, normalizedShape, weight(), bias(), saved, options);
    }

    /** As PyTorch prints it. */
    @Override
    public String toString() {
        return "LayerNorm(" + tuple(normalizedShape) + ", eps=" + number(eps()) + ", elementwise_affine="
                + bool(elementwiseAffine) + ", bias=" + bool(!elementwiseAffine || bias() != null) + ")";
    }

    static String tuple(long... shape) {
        String list = Shapes.text(shape);
        return "(" + list.substring(1, list.length() - 1) + (shape.length == 1 ? ",)" : ")");
    }

    /** The settings of a layer. Not thread-safe. */
    public static final class Builder extends Settings<Builder> {
        private final long[] normalizedShape;
        private boolean elementwiseAffine = true;
        private boolean bias = true;

        private Builder(Backend backend, long... normalizedShape) {
            super(backend, 1e-5);
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
         * @throws IllegalArgumentException when there is nothing to normalize over
         */
        public LayerNorm build() {
            Requests.normalizedShape(normalizedShape);
            return new LayerNorm(this);
        }
    }
}
