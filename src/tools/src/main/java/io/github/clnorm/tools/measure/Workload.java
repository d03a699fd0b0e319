package io.github.clnorm.tools.measure;

import io.github.clnorm.NormSpec;
import io.github.clnorm.RmsNormSpec;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.reference.Nonlinearity;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A normalization to measure, forward and backward; batch_norm uses the batch's statistics.
 *
 * @param operation which operation
 * @param dimensions of the input, in the order {@code (N, C, *)} for any layout; for layer_norm and rms_norm the rows
 *     and the normalized size, or with a scale and a shift samples, rows of a sample and the normalized size
 * @param numGroups G of group_norm; otherwise 0
 * @param type of the elements
 * @param layout position of the channels; ignored for layer_norm and rms_norm, which have none
 * @param additions its parameters, and what else the pass computes
 */
public record Workload(
        NormSpec.Kind operation,
        List<Long> dimensions,
        long numGroups,
        ElementType type,
        Layout layout,
        Additions additions) {

    /** Added to the variance: PyTorch's default. */
    public static final double EPS = 1e-5;

    /**
     * Keeps a copy of the dimensions, and one name for a workload without channels.
     *
     * @param operation which
     * @param dimensions of the input
     * @param numGroups G, or 0
     * @param type of the elements
     * @param layout where the channels lie
     * @param additions what else is computed
     */
    public Workload {
        dimensions = List.copyOf(dimensions);
        layout = operation.takes(NormSpec.Argument.LAYOUT) ? layout : Layout.CHANNELS_FIRST;
    }

    /**
     * A normalization with weight and bias, and nothing else.
     *
     * @param operation which
     * @param dimensions of the input
     * @param numGroups G, or 0
     * @param type of the elements
     * @param layout where the channels lie
     */
    public Workload(NormSpec.Kind operation, List<Long> dimensions, long numGroups, ElementType type, Layout layout) {
        this(operation, dimensions, numGroups, type, layout, Additions.NONE);
    }

    static Workload groupNorm(long numGroups, long... dimensions) {
        return of(NormSpec.Kind.GROUP_NORM, numGroups, dimensions);
    }

    static Workload of(NormSpec.Kind operation, long... dimensions) {
        return of(operation, 0, dimensions);
    }

    private static Workload of(NormSpec.Kind operation, long numGroups, long... dimensions) {
        List<Long> list = Arrays.stream(dimensions).boxed().toList();
        return new Workload(operation, list, numGroups, ElementType.FLOAT32, Layout.CHANNELS_FIRST);
    }

    /**
     * The workload with another type and layout.
     *
     * @param newType of the elements
     * @param newLayout position of the channels
     * @return the changed workload
     */
    public Workload in(ElementType newType, Layout newLayout) {
        return new Workload(operation, dimensions, numGroups, newType, newLayout, additions);
    }

    /**
     * The workload with other parameters or other computations around it.
     *
     * @param newAdditions what else the pass computes
     * @return the changed workload
     */
    public Workload with(Additions newAdditions) {
        return new Workload(operation, dimensions, numGroups, type, layout, newAdditions);
    }

    /**
     * Whether it is a layer with weight and bias, and nothing else.
     *
     * @return true without additions
     */
    public boolean plain() {
        return additions.equals(Additions.NONE);
    }

    /**
     * The dimensions as the tensor has them in memory.
     *
     * @return {@code (N, C, *)}, or {@code (N, *, C)} with channels last
     */
    public long[] shape() {
        long[] shape = dimensions.stream().mapToLong(Long::longValue).toArray();
        if (layout == Layout.CHANNELS_LAST) {
            long channels = shape[1];
            System.arraycopy(shape, 2, shape, 1, shape.length - 2);
            shape[shape.length - 1] = channels;
        }
        return shape;
    }

    /**
     * The dimensions of weight and bias.
     *
     * @return the channels, or the normalized size
     */
    public long[] parameterShape() {
        return new long[] {dimensions.get(operation.takes(NormSpec.Argument.LAYOUT) ? 1 : dimensions.size() - 1)};
    }

    /**
     * The dimensions of a scale and a shift.
     *
     * @return the samples, then {@link #parameterShape}
     */
    public long[] scaleShape() {
        return new long[] {dimensions.get(0), parameterShape()[0]};
    }

    /**
     * How many elements the tensor has.
     *
     * @return the product of its dimensions
     */
    public long elements() {
        return Shapes.elements(shape());
    }

    /**
     * The size of the tensor.
     *
     * @return bytes
     */
    public long bytes() {
        return elements() * type.bytes();
    }

    /**
     * How often a pass must move a tensor of this size, if it moves each once.
     *
     * @param direction which pass
     * @return the number of tensors that it reads or writes
     */
    public int transits(Direction direction) {
        return direction.transits() + (additions.residual() && direction == Direction.FORWARD ? 2 : 0);
    }

    /**
     * Where its sets are.
     *
     * @return the geometry
     * @throws IllegalArgumentException when the dimensions do not fit the operation
     */
    public Geometry geometry() {
        Sets sets = spec().sets();
        return additions.scaleShift() ? sets.modulatedGeometry(shape()) : sets.geometry(shape());
    }

    /**
     * The operation with its arguments.
     *
     * @return the spec
     */
    public NormSpec spec() {
        NormSpec.Arguments arguments = new NormSpec.Arguments(numGroups, parameterShape(), layout, true, 0);
        NormSpec spec = operation.spec(arguments);
        return (spec instanceof RmsNormSpec rows ? rows.weightOffset(additions.weightOffset()) : spec)
                .activation(additions.activation())
                .eps(EPS);
    }

    /**
     * The same in float64. It reads the sum of input and residual.
     *
     * @param weight without the offset; null if there is none
     * @param bias null if there is none
     * @param scale of each sample; null if there is none
     * @param shift of each sample; null if there is none
     * @return the reference
     */
    public Reference reference(double[] weight, double[] bias, double[] scale, double[] shift) {
        long[] shape = shape();
        double[] used = weight == null
                ? null
                : Arrays.stream(weight)
                        .map(value -> value + additions.weightOffset())
                        .toArray();
        return Reference.named(
                        operation.toString(), shape, layout.channelAxis(shape.length), numGroups, parameterShape())
                .affine(used, bias)
                .modulation(scale, shift)
                .activation(Nonlinearity.valueOf(additions.activation().name()))
                .eps(EPS);
    }

    /**
     * Its forward pass.
     *
     * @return what is computed
     * @throws IllegalArgumentException when the dimensions do not fit the operation
     */
    public ForwardProblem problem() {
        return new ForwardProblem(
                geometry(),
                spec().sets().statistics(),
                type,
                type.accumulator(),
                additions.activation(),
                additions.residual(),
                additions.residual());
    }

    /**
     * Its backward pass, with the gradients of all that it has.
     *
     * @return what is computed
     * @throws IllegalArgumentException when the dimensions do not fit the operation
     */
    public BackwardProblem gradientProblem() {
        return new BackwardProblem(
                geometry(),
                spec().sets().statistics(),
                type,
                type.accumulator(),
                additions.activation(),
                false,
                true,
                additions.hasWeight() || additions.scaleShift(),
                additions.hasBias() || additions.scaleShift() || additions.weightOffset() != 0);
    }

    /**
     * The name, without type and layout.
     *
     * @return such as {@code group_norm 2x320x64x64 G=32 silu}
     */
    public String name() {
        String shape = dimensions.stream().map(String::valueOf).collect(Collectors.joining("x"));
        return operation
                + " "
                + shape
                + (operation.takes(NormSpec.Argument.NUM_GROUPS) ? " G=" + numGroups : "")
                + (plain() ? "" : " " + additions);
    }

    @Override
    public String toString() {
        return name() + ", " + type + (operation.takes(NormSpec.Argument.LAYOUT) ? ", " + layout : "");
    }
}
