package io.github.clnorm;

import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Objects;

/**
 * Batch normalization with fixed statistics and parameters, in one pass, as <a
 * href="https://pytorch.org/vision/stable/generated/torchvision.ops.FrozenBatchNorm2d.html">torchvision.ops.FrozenBatchNorm2d</a>:
 * detectors replace the BatchNorm of a pretrained backbone by it.
 *
 * <p>Input: {@code (N, C, *)}, or {@code (N, *, C)} with channels last. Weight, bias, running mean and variance:
 * {@code (C)}; 1, 0, 0 and 1 at first.
 *
 * <p>Thread-safe, see {@link Layer}.
 *
 * @serial exclude
 */
public final class FrozenBatchNorm extends Layer {

    private final Tensor runningMean;
    private final Tensor runningVar;

    private FrozenBatchNorm(Builder builder) {
        super(builder.backend, builder.spec(), builder.parameterType());
        this.runningMean = tensors().own(builder.statisticsType, 0, null, builder.numFeatures);
        this.runningVar = tensors().own(builder.statisticsType, 1, null, builder.numFeatures);
    }

    /**
     * A layer with eps 1e-5.
     *
     * @param backend where it works
     * @param numFeatures C
     * @return the layer
     */
    public static FrozenBatchNorm of(Backend backend, long numFeatures) {
        return builder(backend, numFeatures).build();
    }

    /**
     * A layer with other settings.
     *
     * @param backend where it works
     * @param numFeatures C
     * @return a builder
     */
    public static Builder builder(Backend backend, long numFeatures) {
        return new Builder(backend, numFeatures);
    }

    @Override
    ChannelState channelState() {
        return new ChannelState(weight(), bias(), runningMean, runningVar);
    }

    @Override
    Pass pass(Tensor input, Options options) {
        Requests.channels(input.sizes(), spec().layout(), spec().parameters());
        Requests.statisticsType(input, runningMean);
        return spec().pass(input, channelState(), options);
    }

    /** The gradient of the input alone: statistics and parameters are fixed. */
    @Override
    Gradients gradients(Tensor gradOutput, Tensor input, Saved saved, GradientOptions options) {
        return super.gradients(gradOutput, input, null, options.wanted(options.input(), false, false));
    }

    /**
     * The mean, which is subtracted.
     *
     * @return the layer's own tensor of shape {@code (C)}
     */
    public Tensor runningMean() {
        return runningMean;
    }

    /**
     * The variance, by whose root the input is divided.
     *
     * @return the layer's own tensor of shape {@code (C)}
     */
    public Tensor runningVar() {
        return runningVar;
    }

    /** As torchvision prints it. */
    @Override
    String module() {
        return "FrozenBatchNorm2d(" + spec().parameters() + ", eps="
                + PythonText.of(spec().common().eps()) + ")";
    }

    /** The settings of a layer. Not thread-safe. */
    public static final class Builder extends Settings<Builder> {
        private final long numFeatures;
        private ElementType statisticsType = ElementType.FLOAT32;

        private Builder(Backend backend, long numFeatures) {
            super(backend, NormSpec.Common.DEFAULTS);
            this.numFeatures = Requests.count("num_features", numFeatures);
        }

        @Override
        Builder self() {
            return this;
        }

        /**
         * Where the channels of input and output are.
         *
         * @param value channels first unless set
         * @return this
         */
        public Builder layout(Layout value) {
            return setLayout(value);
        }

        /**
         * The type of mean and variance: float64 for a layer of float64 inputs.
         *
         * @param value float32 unless set
         * @return this
         * @throws IllegalArgumentException when the device does not compute it
         */
        public Builder statisticsType(ElementType value) {
            Requests.available(backend, "statisticsType", Objects.requireNonNull(value, "statisticsType"));
            statisticsType = value;
            return this;
        }

        private BatchNormSpec spec() {
            return NormSpec.batchNorm(numFeatures).training(false).with(common());
        }

        /**
         * Makes the layer.
         *
         * @return the layer
         */
        public FrozenBatchNorm build() {
            return new FrozenBatchNorm(this);
        }
    }
}
