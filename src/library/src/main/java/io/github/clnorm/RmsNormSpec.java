package io.github.clnorm;

import io.github.clnorm.internal.geometry.RowSets;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.List;

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

    /** Added to each weight. */
    private final double weightOffset;

    RmsNormSpec(Common common, double weightOffset, long... normalizedShape) {
        super(Kind.RMS_NORM, common, normalizedShape);
        this.weightOffset = weightOffset;
    }

    static RmsNormSpec of(Arguments arguments) {
        return new RmsNormSpec(DEFAULTS, 0, arguments.normalizedShape());
    }

    static RmsNormSpec of(long... normalizedShape) {
        return new RmsNormSpec(DEFAULTS, 0, Requests.normalizedShape(normalizedShape.clone()));
    }

    /** PyTorch's RMSNorm has a weight and no bias. */
    @Override
    public RmsNormSpec affine(boolean value) {
        return with(common().parameters(value, false));
    }

    /**
     * With a number that is added to each weight: y = x̂ · (weight + offset). Gemma has 1. A layer's weight is 1 - offset
     * unless it is set.
     *
     * @param value 0 unless set; finite
     * @return the changed copy
     * @throws IllegalArgumentException if it is infinite or NaN
     */
    public RmsNormSpec weightOffset(double value) {
        return new RmsNormSpec(common(), finite(value), shape());
    }

    /** Checks an offset. */
    static double finite(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("Expected weightOffset(…) with a finite number, but got " + value);
        }
        return value;
    }

    @Override
    double weightOffset() {
        return weightOffset;
    }

    @Override
    List<Object> arguments() {
        return List.of(super.arguments(), weightOffset);
    }

    @Override
    RmsNormSpec with(Common changed) {
        return new RmsNormSpec(changed, weightOffset, shape());
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
