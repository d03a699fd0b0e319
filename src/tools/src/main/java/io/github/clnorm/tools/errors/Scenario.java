package io.github.clnorm.tools.errors;

import io.github.clnorm.NormSpec;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.reference.Nonlinearity;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * An operation with all of its arguments, without the input's values.
 *
 * @param operation which
 * @param layout of its channels; ignored by operations on rows
 * @param groups of GroupNorm; 1 for other operations
 * @param eps added to the variance
 * @param activation applied last
 * @param residual whether the input is passed as a sum of two tensors
 * @param gamma magnitude of the weights
 * @param beta magnitude of the biases
 * @param seed of the parameters; 0 for parameters that all equal gamma and beta
 * @param shape of the input. Operations on rows normalize its last dimension
 */
record Scenario(
        NormSpec.Kind operation,
        Layout layout,
        int groups,
        double eps,
        Activation activation,
        boolean residual,
        double gamma,
        double beta,
        long seed,
        long... shape) {

    private boolean hasLayout() {
        return operation.takes(NormSpec.Argument.LAYOUT);
    }

    private boolean hasParameters() {
        return seed != 0 || gamma != 1 || beta != 0;
    }

    NormSpec spec() {
        return operation
                .spec(new NormSpec.Arguments(groups, normalized(), layout, true, 0.1))
                .activation(activation)
                .eps(eps);
    }

    private long[] normalized() {
        return new long[] {shape[shape.length - 1]};
    }

    int channelAxis() {
        return layout.channelAxis(shape.length);
    }

    Reference reference() {
        return Reference.named(operation.toString(), shape, channelAxis(), groups, normalized())
                .affine(doubles(weight()), doubles(bias()))
                .eps(eps)
                .activation(Nonlinearity.valueOf(activation.name()));
    }

    private static double[] doubles(float... values) {
        double[] copy = values == null ? null : new double[values.length];
        if (copy != null) {
            Arrays.setAll(copy, i -> values[i]);
        }
        return copy;
    }

    /** The weights; null if all are 1 and all biases 0. */
    float[] weight() {
        return hasParameters() ? parameters(gamma, 0) : null;
    }

    /** The biases; null if there are no weights. */
    float[] bias() {
        return hasParameters() ? parameters(beta, 1) : null;
    }

    private float[] parameters(double magnitude, int stream) {
        float[] values = new float[(int) geometry().parameters()];
        SplittableRandom random = new SplittableRandom(2 * seed + stream);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (seed == 0 ? magnitude : magnitude * (2 * random.nextDouble() - 1));
        }
        return values;
    }

    private Sets layoutOfSets() {
        return spec().sets();
    }

    private Geometry geometry() {
        return layoutOfSets().geometry(shape);
    }

    /** The number of sets. */
    int sets() {
        return (int) geometry().sets();
    }

    /** The elements of a set. */
    int setSize() {
        return (int) geometry().setSize();
    }

    /** The same with about this many sets: a larger batch, or more channels if sets go across the batch. */
    Scenario withSets(int count) {
        long[] other = shape.clone();
        if (layoutOfSets().samplesAreIndependent()) {
            other[0] = Math.max(1, count / (sets() / shape[0]));
        } else {
            other[channelAxis()] = count;
        }
        return withShape(other);
    }

    Scenario withShape(long... other) {
        return new Scenario(operation, layout, groups, eps, activation, residual, gamma, beta, seed, other);
    }

    /** Whether a set is normalized by its mean, and not by its mean square alone. */
    boolean takesMean() {
        return layoutOfSets().statistics() != Statistics.MEAN_SQUARE;
    }

    /** Whether sums go down columns, in blocks of 128 steps. */
    boolean acrossRows() {
        return geometry().momentsAcrossRows();
    }

    /**
     * Successive elements of a set that the kernels add in one step of their sums: 64 lanes of a row, or the columns of
     * a long row.
     */
    int step() {
        Geometry geometry = geometry();
        return geometry.momentsAcrossRows()
                ? (int) geometry.width() * Columns.of(geometry).shortRows()
                : Cut.LANES;
    }

    /** What errors are compared among: the operation, and whether it sums down columns. */
    String group() {
        return operation + (acrossRows() ? ", across rows" : "");
    }

    @Override
    public String toString() {
        String sizes = Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining("x"));
        return operation + (hasLayout() ? " " + layout : "") + " " + sizes
                + (groups > 1 ? " in " + groups + " groups" : "") + ", eps " + eps + ", " + activation + ", gamma "
                + gamma + ", beta " + beta + (seed == 0 ? "" : " (parameters " + seed + ")")
                + (residual ? ", with residual" : "");
    }
}
