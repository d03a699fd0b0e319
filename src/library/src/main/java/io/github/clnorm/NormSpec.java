package io.github.clnorm;

import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.geometry.Wording;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.io.Serializable;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A normalization without a device: the operation, its arguments, and the values of its parameters.
 *
 * <pre>{@code
 * NormSpec spec = NormSpec.groupNorm(32, 320).weight(gamma).bias(beta).activation(Activation.SILU);
 * Layer layer = spec.on(backend);
 * }</pre>
 *
 * <p>Each method that sets something returns a changed copy. Methods that only one operation has, such as {@link
 * BatchNormSpec#momentum(double)}, come before those of all operations.
 *
 * <p>A subclass is the one place that knows its operation: how an input divides into sets, the shapes that follow,
 * PyTorch's checks and messages, the default eps, and the layer. {@link Functional}, the layers, the command line and
 * the benchmarks ask the subclass. "Add an operation" in docs/architecture.md lists the files of a new one.
 *
 * <p>Immutable, thread-safe and serializable. Arrays are copied. Two specs are equal if they describe the same
 * operation with the same arguments and values.
 */
public abstract sealed class NormSpec implements Serializable
        permits GroupNormSpec, LastDimensionsSpec, ChannelStatisticsSpec {

    private static final long serialVersionUID = 1;

    /** The number of channels of a spec that fits any number. */
    static final long ANY = -1;

    /** The operations, by PyTorch's functional names where it has them. Immutable and thread-safe. */
    public enum Kind {
        /** Groups of channels of a sample. */
        GROUP_NORM(GroupNormSpec::of, Argument.NUM_GROUPS, Argument.LAYOUT),
        /** The last dimensions. */
        LAYER_NORM(LayerNormSpec::of, Argument.NORMALIZED_SHAPE),
        /** Each channel of a sample. */
        INSTANCE_NORM(InstanceNormSpec::of, Argument.LAYOUT, Argument.RUNNING_STATISTICS),
        /** Each channel of the batch. */
        BATCH_NORM(BatchNormSpec::of, Argument.LAYOUT, Argument.RUNNING_STATISTICS),
        /** The last dimensions, without a mean. */
        RMS_NORM(RmsNormSpec::of, Argument.NORMALIZED_SHAPE, Argument.WEIGHT_OFFSET);

        private final Function<Arguments, NormSpec> maker;
        private final Set<Argument> takes;

        Kind(Function<Arguments, NormSpec> maker, Argument... takes) {
            this.maker = maker;
            this.takes = EnumSet.copyOf(List.of(takes));
        }

        /**
         * The operation of a name.
         *
         * @param name for example {@code group_norm}
         * @return the operation
         * @throws IllegalArgumentException if no operation has the name; the message lists the names
         */
        public static Kind parse(String name) {
            return Arrays.stream(values())
                    .filter(kind -> kind.toString().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("unknown operation '" + name + "': expected "
                            + Arrays.stream(values()).map(Kind::toString).collect(Collectors.joining(", "))));
        }

        /**
         * Whether the operation has an argument.
         *
         * @param argument which
         * @return true if it does
         */
        public boolean takes(Argument argument) {
            return takes.contains(argument);
        }

        /**
         * A spec with the default eps, for inputs with any number of channels.
         *
         * @param arguments of the operation; those it does not take are ignored
         * @return the spec
         */
        public NormSpec spec(Arguments arguments) {
            return maker.apply(arguments);
        }

        /** PyTorch's functional name if it has one. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Arguments that some operations take and others do not. Immutable and thread-safe. */
    public enum Argument {
        /** {@code num_groups}. */
        NUM_GROUPS,
        /** {@code normalized_shape}: the operation normalizes the last dimensions, and has no channels. */
        NORMALIZED_SHAPE,
        /** {@code weightOffset}: a number that is added to each weight. */
        WEIGHT_OFFSET,
        /** The place of the channel axis. */
        LAYOUT,
        /** {@code running_mean}, {@code running_var}, {@code momentum} and {@code training}. */
        RUNNING_STATISTICS
    }

    /**
     * The arguments of any operation, as a command line or a file of settings has them.
     *
     * <p>Immutable and thread-safe; the array is not copied.
     *
     * @param numGroups {@code num_groups}
     * @param normalizedShape {@code normalized_shape}; may be null for operations that do not take it
     * @param layout where the channels are
     * @param training whether the input's own statistics normalize; the running ones if false
     * @param momentum weight of a batch in the running statistics
     */
    public record Arguments(long numGroups, long[] normalizedShape, Layout layout, boolean training, double momentum) {}

    /**
     * What every operation has. An eps of NaN is the machine epsilon of the type that the input is computed in; a null
     * array leaves the initial value.
     */
    record Common(
            double eps,
            Layout layout,
            Activation activation,
            boolean hasWeight,
            boolean hasBias,
            float[] weight,
            float[] bias)
            implements Serializable {

        static final Common DEFAULTS = new Common(1e-5, Layout.CHANNELS_FIRST, Activation.NONE, true, true, null, null);

        Common {
            Objects.requireNonNull(layout, "layout");
            Objects.requireNonNull(activation, "activation");
        }

        /** From the options of a call. */
        static Common of(double eps, Layout layout, Activation activation) {
            return new Common(Requests.eps(eps), layout, activation, true, true, null, null);
        }

        Common eps(double value) {
            return new Common(value, layout, activation, hasWeight, hasBias, weight, bias);
        }

        Common layout(Layout value) {
            return new Common(eps, value, activation, hasWeight, hasBias, weight, bias);
        }

        Common activation(Activation value) {
            return new Common(eps, layout, value, hasWeight, hasBias, weight, bias);
        }

        Common parameters(boolean ofWeight, boolean ofBias) {
            return new Common(
                    eps, layout, activation, ofWeight, ofBias, ofWeight ? weight : null, ofBias ? bias : null);
        }

        Common weight(float[] values) {
            return new Common(eps, layout, activation, true, hasBias, values.clone(), bias);
        }

        Common bias(float[] values) {
            return new Common(eps, layout, activation, hasWeight, true, weight, values.clone());
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Common that
                    && Double.compare(eps, that.eps) == 0
                    && layout == that.layout
                    && activation == that.activation
                    && hasWeight == that.hasWeight
                    && hasBias == that.hasBias
                    && Arrays.equals(weight, that.weight)
                    && Arrays.equals(bias, that.bias);
        }

        @Override
        public int hashCode() {
            return Objects.hash(
                    eps,
                    layout.name(),
                    activation.name(),
                    hasWeight,
                    hasBias,
                    Arrays.hashCode(weight),
                    Arrays.hashCode(bias));
        }
    }

    /** Which normalization. */
    private final Kind kind;

    /** What all normalizations have: parameters, eps, activation. */
    private final Common common;

    NormSpec(Kind kind, Common common) {
        this.kind = kind;
        this.common = common;
    }

    // The operations.

    /**
     * torch.nn.GroupNorm: weight 1, bias 0, eps 1e-5.
     *
     * @param numGroups G
     * @param numChannels C, a multiple of G
     * @return the spec
     * @throws IllegalArgumentException if the channels do not divide into the groups
     */
    public static GroupNormSpec groupNorm(long numGroups, long numChannels) {
        return GroupNormSpec.of(numGroups, numChannels);
    }

    /**
     * torch.nn.LayerNorm: weight 1, bias 0, eps 1e-5.
     *
     * @param normalizedShape the last dimensions of its inputs
     * @return the spec
     * @throws IllegalArgumentException if there are none, or one is negative
     */
    public static LayerNormSpec layerNorm(long... normalizedShape) {
        return LayerNormSpec.of(normalizedShape);
    }

    /**
     * torch.nn.RMSNorm: weight 1, no bias, and the machine epsilon of the type it computes in as eps.
     *
     * @param normalizedShape the last dimensions of its inputs
     * @return the spec
     * @throws IllegalArgumentException if there are none, or one is negative
     */
    public static RmsNormSpec rmsNorm(long... normalizedShape) {
        return RmsNormSpec.of(normalizedShape);
    }

    /**
     * torch.nn.InstanceNorm for inputs {@code (N, C, *)} with any number of spatial dimensions: no weight, bias or
     * running statistics unless set, eps 1e-5.
     *
     * @param numFeatures C
     * @return the spec
     * @throws IllegalArgumentException if it is negative
     */
    public static InstanceNormSpec instanceNorm(long numFeatures) {
        return InstanceNormSpec.of(numFeatures);
    }

    /**
     * torch.nn.BatchNorm for inputs {@code (N, C, *)} with any number of spatial dimensions: weight 1, bias 0, running
     * statistics with momentum 0.1, in training, eps 1e-5.
     *
     * @param numFeatures C
     * @return the spec
     * @throws IllegalArgumentException if it is negative
     */
    public static BatchNormSpec batchNorm(long numFeatures) {
        return BatchNormSpec.of(numFeatures);
    }

    // The settings of all operations.

    /**
     * With another eps.
     *
     * @param value finite; layers take 0 or more
     * @return the changed copy
     * @throws IllegalArgumentException if it is infinite or NaN
     */
    public final NormSpec eps(double value) {
        return with(common.eps(Requests.eps(value)));
    }

    /**
     * With another layout.
     *
     * @param value where the channels of input and output are
     * @return the changed copy
     * @throws IllegalArgumentException if it is not the default and the operation has no channels
     */
    public final NormSpec layout(Layout value) {
        checkLayout(value);
        return with(common.layout(value));
    }

    /**
     * With an activation.
     *
     * @param value applied to the result in the same pass
     * @return the changed copy
     */
    public final NormSpec activation(Activation value) {
        return with(common.activation(value));
    }

    /**
     * With a weight.
     *
     * @param values gamma, one for each channel or each element of the normalized shape
     * @return the changed copy
     * @throws IllegalArgumentException if the number of values is wrong
     */
    public final NormSpec weight(float[] values) {
        checkCount("weight", values.length);
        return with(common.weight(values));
    }

    /**
     * With a bias.
     *
     * @param values beta, one for each channel or each element of the normalized shape
     * @return the changed copy
     * @throws IllegalArgumentException if the number of values is wrong
     */
    public final NormSpec bias(float[] values) {
        checkCount("bias", values.length);
        return with(common.bias(values));
    }

    /**
     * With or without parameters: PyTorch's {@code affine} and {@code elementwise_affine}.
     *
     * @param value true for a weight and a bias, or for the weight alone where the operation has no bias; false for
     *     neither
     * @return the changed copy
     */
    public NormSpec affine(boolean value) {
        return with(common.parameters(value, value));
    }

    /**
     * With running statistics, for an operation that has them.
     *
     * @param mean the running mean of each channel
     * @param variance the running variance of each channel
     * @return the changed copy
     * @throws IllegalArgumentException if the operation has none, or the number of values is wrong
     */
    public NormSpec runningStatistics(float[] mean, float[] variance) {
        throw noRunningStatistics();
    }

    private IllegalArgumentException noRunningStatistics() {
        return new IllegalArgumentException(name() + " has no running statistics");
    }

    /**
     * With or without running statistics, for an operation that may have them.
     *
     * @param value false drops values that were set, and changes no other operation
     * @return the changed copy
     * @throws IllegalArgumentException if it is true, and the operation has none
     */
    public NormSpec trackRunningStats(boolean value) {
        if (value) {
            throw noRunningStatistics();
        }
        return this;
    }

    /**
     * With the running statistics and the number of batches after a batch, for an operation that has them.
     *
     * @param tracked as a {@link FleetReport} has them; rounded to float32
     * @return the changed copy
     * @throws IllegalArgumentException if the operation has none, or the number of values is wrong
     */
    public NormSpec runningStatistics(TrackedStatistics tracked) {
        throw noRunningStatistics();
    }

    /** A copy with other common settings. */
    abstract NormSpec with(Common changed);

    final void checkCount(String name, long count) {
        long expected = parameters();
        if (expected != ANY && count != expected) {
            throw new IllegalArgumentException("Expected " + name + " of " + Shapes.count(expected, "value") + " for "
                    + module() + ", but got " + count);
        }
    }

    // What it describes.

    /**
     * The operation.
     *
     * @return its kind
     */
    public final Kind kind() {
        return kind;
    }

    /**
     * The operation's name: PyTorch's functional name if it has one.
     *
     * @return for example {@code group_norm}
     */
    public final String name() {
        return kind.toString();
    }

    /**
     * The number added to the variance of an input of a type.
     *
     * @param type of the input
     * @return eps, or the operation's default for the type
     */
    public final double eps(ElementType type) {
        return Double.isNaN(common.eps) ? type.accumulator().epsilon() : common.eps;
    }

    /**
     * The layout.
     *
     * @return where the channels are
     */
    public final Layout layout() {
        return common.layout;
    }

    /**
     * The activation.
     *
     * @return {@link Activation#NONE} unless set
     */
    public final Activation activation() {
        return common.activation;
    }

    /**
     * The weight.
     *
     * @return a copy; null if it was not set
     */
    public final float[] weight() {
        return common.weight == null ? null : common.weight.clone();
    }

    /**
     * The bias.
     *
     * @return a copy; null if it was not set
     */
    public final float[] bias() {
        return common.bias == null ? null : common.bias.clone();
    }

    /**
     * The shape of the saved mean and rstd.
     *
     * @param inputShape shape of an input
     * @return the shape, one element for each set
     * @throws IllegalArgumentException if the input does not fit
     */
    public final long[] statisticsShape(long... inputShape) {
        Sets sets = sets();
        sets.geometry(inputShape);
        return sets.statisticsShape(inputShape);
    }

    /**
     * Checks an input's shape without a device, as the layer checks its input.
     *
     * @param type of the input
     * @param inputShape its dimensions
     * @throws IllegalArgumentException if the shape does not fit, or the values of weight and bias do not fit it, with
     *     PyTorch's message if it has one
     * @throws IllegalStateException if the spec is for any number of channels, so that it has no layer
     */
    public final void requireFits(ElementType type, long... inputShape) {
        requireChannels();
        new FleetRequest(this, type, inputShape);
    }

    /**
     * Whether a sample has the same result alone and in any batch.
     *
     * @return false for batch_norm by the statistics of its input
     */
    public final boolean samplesAreIndependent() {
        return sets().samplesAreIndependent();
    }

    /**
     * The shape of weight and bias.
     *
     * @param inputShape shape of an input
     * @return {@code (C)} or the normalized shape
     * @throws IllegalArgumentException if the input does not fit
     */
    public final long[] parameterShape(long... inputShape) {
        Sets sets = sets();
        sets.geometry(inputShape);
        return sets.parameterShape(inputShape);
    }

    /**
     * How inputs divide into sets. For clnorm's own tools; the type is not part of the API.
     *
     * @return the sets
     */
    public abstract Sets sets();

    final Common common() {
        return common;
    }

    /** Rejects an input that the described layer does not take, beyond what the operation rejects. */
    void checkInput(ChannelState state, long... shape) {}

    /** Rejects a layout that the operation cannot have. */
    void checkLayout(Layout value) {}

    /** Rejects options of a call that name a layout or an activation, which the spec has. */
    final void requireDefaults(Layout layout, Activation activation) {
        if (layout != Layout.CHANNELS_FIRST || activation != Activation.NONE) {
            checkLayout(layout);
            throw new IllegalArgumentException(
                    "layout and activation belong to the NormSpec: leave them at their defaults in the options");
        }
    }

    /** The number of weights, or {@link #ANY}. */
    abstract long parameters();

    /** The number that is added to each weight. */
    double weightOffset() {
        return 0;
    }

    /** Rejects an offset of the weight, for passes that do not add it. */
    final void requireNoWeightOffset() {
        if (weightOffset() != 0) {
            throw new IllegalArgumentException("a fleet adds no weightOffset(" + weightOffset()
                    + "): add it to the values of weight(…), and leave it at 0");
        }
    }

    /** The shape of the layer's weight and bias. */
    long[] layerParameterShape() {
        return new long[] {parameters()};
    }

    /** The operation's own arguments, for equality. */
    abstract List<Object> arguments();

    /** PyTorch's text of the module. */
    abstract String module();

    /** The settings that PyTorch does not have, if they are not the defaults: what follows the module's text. */
    final String extras() {
        return (weightOffset() == 0 ? "" : ", weight_offset=" + PythonText.of(weightOffset()))
                + (layout() == Layout.CHANNELS_FIRST ? "" : ", " + layout())
                + (activation() == Activation.NONE ? "" : ", " + activation());
    }

    // Passes.

    /**
     * A layer with these settings and values, for inputs computed in float32. The caller closes it, or the backend
     * does.
     *
     * @param backend where it works
     * @return the layer, for example a {@link GroupNorm}
     * @throws IllegalArgumentException if eps is negative
     * @throws IllegalStateException if the backend is closed, or the spec is for any number of channels
     */
    public final Layer on(Backend backend) {
        return on(backend, ElementType.FLOAT32);
    }

    /**
     * A layer with these settings and values. The caller closes it, or the backend does.
     *
     * @param backend where it works
     * @param type of its inputs: parameters and running statistics are float64 for float64, else float32
     * @return the layer, for example a {@link GroupNorm}
     * @throws IllegalArgumentException if eps is negative, or the device does not compute the type
     * @throws IllegalStateException if the backend is closed, or the spec is for any number of channels
     */
    public final Layer on(Backend backend, ElementType type) {
        requireChannels();
        return layer(backend, type.accumulator());
    }

    private void requireChannels() {
        if (parameters() == ANY) {
            throw new IllegalStateException(
                    "Expected a number of channels for a layer, but " + this + " is for inputs with any");
        }
    }

    /** The layer of {@link #on(Backend, ElementType)} for a participant. */
    final Layer on(Backend backend, ElementType type, StatisticsExchange exchange) {
        requireChannels();
        return layer(backend, type.accumulator(), exchange);
    }

    /** The layer of a participant that has a part of a batch whose statistics are those of the whole. */
    Layer layer(Backend backend, ElementType real, StatisticsExchange exchange) {
        return layer(backend, real);
    }

    /** The layer, with parameters and running statistics of a type. */
    Layer layer(Backend backend, ElementType real) {
        return new Layer(backend, this, real);
    }

    /** The forward pass of an input. The options are complete: they have the layout and the activation. */
    final Pass pass(Tensor input, ChannelState state, Options options) {
        Sets sets = sets();
        long[] shape = input.sizes();
        checkState(sets, input, state);
        sets.checkStatistics(shape);
        GivenParameters given = GivenParameters.of(state, weightOffset(), options.scaleShift(), sets, shape);
        Geometry geometry = given.geometry(sets, shape);
        Pass pass = new Pass(name(), input, geometry, sets.statistics(), eps(input.type()), given, options);
        if (sets.statistics() == Statistics.GIVEN) {
            return pass.given(state.runningMean(), state.runningVar());
        }
        return learning(pass, state, shape).statisticsOf(sets.statisticsShape(shape));
    }

    /** Lets a pass update the running statistics of an operation that has them. */
    Pass learning(Pass pass, ChannelState state, long... shape) {
        return pass;
    }

    /** The gradients of a pass. The options are complete: they have the layout and the activation. */
    final Gradients gradients(
            Tensor gradOutput, Tensor input, ChannelState state, Saved saved, GradientOptions options) {
        Sets sets = sets();
        long[] shape = input.sizes();
        checkState(sets, input, state);
        sets.checkStatistics(shape);
        GivenParameters given = GivenParameters.of(state, weightOffset(), options.scaleShift(), sets, shape);
        Geometry geometry = given.geometry(sets, shape);
        GradientPass pass = new GradientPass(gradOutput, input, geometry, sets.statistics(), given, options);
        return (sets.statistics() == Statistics.GIVEN
                        ? pass.given(state.runningMean(), state.runningVar(), eps(input.type()))
                        : pass.saved(saved, sets.statisticsShape(shape)))
                .gradients();
    }

    /** Checks the input's shape and the state's shapes and types. */
    void checkState(Sets sets, Tensor input, ChannelState state) {
        long[] shape = input.sizes();
        sets.geometry(shape);
        if (state.weight() != null) {
            sets.checkParameter("weight", state.weight().sizes(), shape, Wording.LIBRARY);
        }
        if (state.bias() != null) {
            sets.checkParameter("bias", state.bias().sizes(), shape, Wording.LIBRARY);
        }
    }

    @Override
    public final boolean equals(Object other) {
        return other instanceof NormSpec that
                && kind == that.kind
                && common.equals(that.common)
                && arguments().equals(that.arguments());
    }

    /** The same in every JVM, as enums' own hash codes are not. */
    @Override
    public final int hashCode() {
        return Objects.hash(kind.name(), common, arguments());
    }

    /** PyTorch's text of the module, and the settings that PyTorch does not have. */
    @Override
    public final String toString() {
        return module()
                + extras()
                + (common.weight == null ? "" : ", weight of " + Shapes.count(common.weight.length, "value"))
                + (common.bias == null ? "" : ", bias of " + Shapes.count(common.bias.length, "value"));
    }
}
