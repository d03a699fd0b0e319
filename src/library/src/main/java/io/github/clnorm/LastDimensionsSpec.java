package io.github.clnorm;

import io.github.clnorm.internal.geometry.RowSets;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.List;

/** Operations that normalize the last dimensions: a set is a row, for each index of the leading dimensions. */
abstract sealed class LastDimensionsSpec extends NormSpec permits LayerNormSpec, RmsNormSpec {

    private static final long serialVersionUID = 1;

    private final long[] normalizedShape;

    /** The array is not copied. */
    LastDimensionsSpec(Kind kind, Common common, long... normalizedShape) {
        super(kind, common);
        this.normalizedShape = normalizedShape;
        checkLayout(common.layout());
    }

    /**
     * The last dimensions, which are normalized.
     *
     * @return a copy
     */
    public final long[] normalizedShape() {
        return normalizedShape.clone();
    }

    final long[] shape() {
        return normalizedShape;
    }

    @Override
    final void checkLayout(Layout value) {
        Requests.noLayout(name(), value);
    }

    @Override
    final long parameters() {
        return Shapes.elements(normalizedShape);
    }

    @Override
    final long[] layerParameterShape() {
        return normalizedShape;
    }

    @Override
    List<Object> arguments() {
        return Arrays.stream(normalizedShape).<Object>mapToObj(Long::valueOf).toList();
    }

    @Override
    public abstract RowSets sets();
}
