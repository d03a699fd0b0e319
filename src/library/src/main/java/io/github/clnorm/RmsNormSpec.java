package io.github.clnorm;

import io.github.clnorm.internal.geometry.RowSets;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;

/**
 * Root mean square normalization: a set is a row, the last dimensions of the input, and no mean is subtracted.
 *
 * <p>Source: Zhang and Sennrich, <a href="https://arxiv.org/abs/1910.07467">Root Mean Square Layer Normalization</a>,
 * NeurIPS 2019. Unless set, eps is the machine epsilon of the type that the input is computed in: 2<sup>-23</sup>, or
 * 2<sup>-52</sup> for float64.
 *
 * <p>Immutable, thread-safe and serializable.
 */
public final class RmsNormSpec extends LastDimensionsSpec {

    private static final long serialVersionUID = 1;

    static final Common DEFAULTS =
            new Common(Double.NaN, Layout.CHANNELS_FIRST, Activation.NONE, true, false, null, null);

    RmsNormSpec(Common common, long... normalizedShape) {
        super(Kind.RMS_NORM, common, normalizedShape);
    }

    static RmsNormSpec of(Arguments arguments) {
        return new RmsNormSpec(DEFAULTS, arguments.normalizedShape());
    }

    static RmsNormSpec of(long... normalizedShape) {
        return new RmsNormSpec(DEFAULTS, Requests.normalizedShape(normalizedShape.clone()));
    }

    /** PyTorch's RMSNorm has a weight and no bias. */
    @Override
    public RmsNormSpec affine(boolean value) {
        return with(common().parameters(value, false));
    }

    @Override
    RmsNormSpec with(Common changed) {
        return new RmsNormSpec(changed, shape());
    }

    @Override
    String module() {
        double eps = common().eps();
        return "RMSNorm(" + PythonText.tuple(shape()) + ", eps=" + (Double.isNaN(eps) ? "None" : PythonText.of(eps))
                + ", elementwise_affine=" + PythonText.of(common().hasWeight()) + ")";
    }

    @Override
    Layer layer(Backend backend, ElementType real) {
        return new RmsNorm(backend, this, real);
    }

    @Override
    public RowSets sets() {
        return new RowSets(name(), Statistics.MEAN_SQUARE, shape());
    }
}
