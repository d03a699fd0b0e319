package io.github.clnorm;

import io.github.clnorm.internal.geometry.RowSets;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.type.ElementType;

/**
 * Layer normalization: a set is a row, the last dimensions of the input.
 *
 * <p>Source: Ba, Kiros and Hinton, <a href="https://arxiv.org/abs/1607.06450">Layer Normalization</a>, 2016.
 *
 * <p>Immutable, thread-safe and serializable.
 */
public final class LayerNormSpec extends LastDimensionsSpec {

    private static final long serialVersionUID = 1;

    LayerNormSpec(Common common, long... normalizedShape) {
        super(Kind.LAYER_NORM, common, normalizedShape);
    }

    static LayerNormSpec of(Arguments arguments) {
        return new LayerNormSpec(Common.DEFAULTS, arguments.normalizedShape());
    }

    static LayerNormSpec of(long... normalizedShape) {
        return new LayerNormSpec(Common.DEFAULTS, Requests.normalizedShape(normalizedShape.clone()));
    }

    /**
     * With or without a bias in addition to the weight: PyTorch's {@code bias}.
     *
     * @param value true unless set
     * @return the changed copy
     */
    public LayerNormSpec bias(boolean value) {
        return with(common().parameters(common().hasWeight(), value && common().hasWeight()));
    }

    @Override
    LayerNormSpec with(Common changed) {
        return new LayerNormSpec(changed, shape());
    }

    @Override
    String module() {
        return "LayerNorm(" + PythonText.tuple(shape()) + ", eps=" + PythonText.of(common().eps())
                + ", elementwise_affine=" + PythonText.of(common().hasWeight()) + ", bias="
                + PythonText.of(!common().hasWeight() || common().hasBias()) + ")";
    }

    @Override
    Layer layer(Backend backend, ElementType real) {
        return new LayerNorm(backend, this, real);
    }

    @Override
    public RowSets sets() {
        return new RowSets(name(), Statistics.MEAN_AND_VARIANCE, shape());
    }
}
