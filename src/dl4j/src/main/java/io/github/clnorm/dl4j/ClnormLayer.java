package io.github.clnorm.dl4j;

import io.github.clnorm.NormSpec;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Layout;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.conf.memory.MemoryReport;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToCnnPreProcessor;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationSwish;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * The configuration of a normalization layer in a DL4J network. The number of channels and their axis follow from the
 * network's input type; without one, {@code nIn} and {@code layout} name them.
 *
 * <p>As in DL4J's batch normalization, the network's updater applies to gamma and beta, and the network's {@code l1},
 * {@code l2}, {@code weightDecay} and {@code dropOut} do not, nor do those of a {@code FineTuneConfiguration}. If this
 * layer sets {@code l1}, {@code l2} or {@code weightDecay}, they apply to gamma, and {@code l1Bias}, {@code l2Bias} and
 * {@code weightDecayBias} to beta. If it sets {@code dropOut}, that applies to its input, and the {@code dropOut} of a
 * {@code FineTuneConfiguration} replaces it. The layer does not inherit the network's activation: its default is none.
 *
 * <p>Not thread-safe, as every configuration of DL4J.
 */
public abstract class ClnormLayer extends FeedForwardLayer {

    private static final long serialVersionUID = 1;

    /** The axis of the channels. */
    private Layout layout = Layout.CHANNELS_FIRST;
    /** Whether the builder named it. Otherwise it follows from the input type. */
    @JsonProperty
    private boolean namesLayout;
    /** Applied in the same pass. The activation of DL4J's own field follows it. */
    private Activation fusedActivation = Activation.NONE;
    /** Added to the variance; null for the operation's default. */
    private Double eps;
    /** Whether there are parameters. */
    private boolean affine;
    /** The selector of the device; null for the default. */
    private String device;
    // DL4J adds the network's settings to those of its own fields. These are the layer's alone.
    @JsonProperty
    private List<Regularization> gammaRegularization = List.of();

    @JsonProperty
    private List<Regularization> betaRegularization = List.of();

    @JsonProperty
    private boolean dropsInput;

    /** For Jackson. */
    ClnormLayer() {}

    ClnormLayer(Builder<?> builder) {
        super(builder);
        namesLayout = builder.layout != null;
        layout = namesLayout ? builder.layout : Layout.CHANNELS_FIRST;
        fusedActivation = builder.fusedActivation;
        eps = builder.eps;
        affine = builder.affine;
        device = builder.device;
        gammaRegularization = copy(builder.getRegularization());
        betaRegularization = copy(builder.getRegularizationBias());
        dropsInput = iDropout != null;
        if (activationFn == null) {
            activationFn = new ActivationIdentity();
        }
        if (nIn > 0 && nOut > 0 && nIn != nOut) {
            throw new IllegalArgumentException(
                    "Expected as many channels out as in, but got nIn(" + nIn + ") and nOut(" + nOut + ")");
        }
        nIn = Math.max(nIn, nOut);
        nOut = nIn;
    }

    private static List<Regularization> copy(List<Regularization> values) {
        return values == null ? List.of() : List.copyOf(values);
    }

    private static boolean isEps(double value) {
        return value >= 0 && !Double.isInfinite(value);
    }

    /** The operation for the layer's channels, without layout, activation and eps. */
    abstract NormSpec operation();

    /** The names of the parameters if there are any, in their order in the network's vector. */
    abstract List<String> parameterNames();

    /** Whether the input may have no axis besides samples and channels. */
    abstract boolean takesFeedForward();

    /** Whether the operation takes the channels at the last axis alone. */
    abstract boolean needsChannelsLast();

    /** Rejects a number of channels that the operation cannot have. */
    abstract void checkChannels();

    final List<String> parameters() {
        return affine ? parameterNames() : List.of();
    }

    /** The operation with everything that the device does in its pass. */
    final NormSpec spec() {
        NormSpec spec = operation().activation(activationOnDevice());
        if (!needsChannelsLast()) {
            spec = spec.layout(layout);
        }
        return eps == null ? spec : spec.eps(eps);
    }

    private Activation activationOnDevice() {
        if (fusedActivation != Activation.NONE) {
            return fusedActivation;
        }
        if (activationFn instanceof ActivationSwish) {
            return Activation.SILU;
        }
        return new ActivationReLU().equals(activationFn) ? Activation.RELU : Activation.NONE;
    }

    /** The activation that ND4J applies after the device's pass; null if there is none. */
    final IActivation activationAfterwards() {
        boolean isDone = activationFn instanceof ActivationIdentity
                || fusedActivation == Activation.NONE && activationOnDevice() != Activation.NONE;
        return isDone ? null : activationFn;
    }

    @Override
    public Layer instantiate(
            NeuralNetConfiguration conf,
            Collection<TrainingListener> listeners,
            int index,
            INDArray parameters,
            boolean initialize,
            DataType type) {
        if (nOut <= 0) {
            throw new DL4JInvalidConfigException(describe() + " at index " + index
                    + " has no number of channels: set the network's input type, or nIn of this layer");
        }
        if (eps != null && !isEps(eps)) {
            throw new DL4JInvalidConfigException("Expected eps of 0 or more for " + describe() + ", but got " + eps);
        }
        checkChannels();
        NormLayer layer = new NormLayer(conf, type);
        layer.setListeners(listeners);
        layer.setIndex(index);
        layer.setParamsViewArray(parameters);
        layer.setParamTable(initializer().init(conf, parameters, initialize));
        layer.setConf(conf);
        return layer;
    }

    @Override
    public ParamInitializer initializer() {
        return NormParameters.INSTANCE;
    }

    @Override
    public InputType getOutputType(int index, InputType input) {
        channels(input);
        // The input has the layout that is set, whatever its type says. The next layer need not set it again.
        return namesLayout && input instanceof InputType.InputTypeConvolutional3D volumes
                ? InputType.convolutional3D(
                        layout == Layout.CHANNELS_FIRST
                                ? Convolution3D.DataFormat.NCDHW
                                : Convolution3D.DataFormat.NDHWC,
                        volumes.getDepth(),
                        volumes.getHeight(),
                        volumes.getWidth(),
                        volumes.getChannels())
                : input;
    }

    @Override
    public void setNIn(InputType input, boolean override) {
        long channels = channels(input);
        if (nIn <= 0 || override) {
            nIn = channels;
            nOut = channels;
        }
        if (!namesLayout) {
            layout = layout(input);
        }
        checkChannels();
    }

    private long channels(InputType input) {
        if (input instanceof InputType.InputTypeConvolutional images) {
            return images.getChannels();
        }
        if (input instanceof InputType.InputTypeConvolutional3D volumes) {
            return volumes.getChannels();
        }
        if (input instanceof InputType.InputTypeRecurrent series) {
            return series.getSize();
        }
        if (input instanceof InputType.InputTypeFeedForward rows && takesFeedForward()) {
            return rows.getSize();
        }
        throw new IllegalStateException("Expected input of type " + (takesFeedForward() ? "feed-forward, " : "")
                + "recurrent, CNN or CNN3D for " + describe() + ", but got " + input);
    }

    private static Layout layout(InputType input) {
        boolean isLast =
                input instanceof InputType.InputTypeConvolutional images && images.getFormat() == CNN2DFormat.NHWC
                        || input instanceof InputType.InputTypeConvolutional3D volumes
                                && volumes.getDataFormat() == Convolution3D.DataFormat.NDHWC
                        || input instanceof InputType.InputTypeRecurrent series && series.getFormat() == RNNFormat.NWC;
        return isLast ? Layout.CHANNELS_LAST : Layout.CHANNELS_FIRST;
    }

    @Override
    public InputPreProcessor getPreProcessorForInputType(InputType input) {
        return input instanceof InputType.InputTypeConvolutionalFlat images
                ? new FeedForwardToCnnPreProcessor(images.getHeight(), images.getWidth(), images.getDepth())
                : null;
    }

    @Override
    public List<Regularization> getRegularizationByParam(String name) {
        List<Regularization> own = name.equals(NormParameters.GAMMA) ? gammaRegularization : betaRegularization;
        return own.isEmpty() ? null : own;
    }

    /** Whether this layer itself has a dropout of its input; that of the network does not apply. */
    final boolean dropsInput() {
        return dropsInput;
    }

    /** Transfer learning forgets the regularization and the dropout of this layer, too. */
    @Override
    public void resetLayerDefaultConfig() {
        super.resetLayerDefaultConfig();
        gammaRegularization = List.of();
        betaRegularization = List.of();
        dropsInput = false;
    }

    @Override
    public IUpdater getUpdaterByParam(String name) {
        return getIUpdater();
    }

    @Override
    public boolean isPretrainParam(String name) {
        return false;
    }

    @Override
    public LayerMemoryReport getMemoryReport(InputType input) {
        long parameters = initializer().numParams(this);
        long state = getIUpdater() == null ? 0 : getIUpdater().stateSize(parameters);
        return new LayerMemoryReport.Builder(getLayerName(), getClass(), input, input)
                .standardMemory(parameters, state)
                .workingMemory(0, 0, 0, input.arrayElementsPerExample())
                .cacheMemory(MemoryReport.CACHE_MODE_ALL_ZEROS, MemoryReport.CACHE_MODE_ALL_ZEROS)
                .build();
    }

    /** The layer in messages: its class, and its name if it has one. */
    final String describe() {
        return getClass().getSimpleName() + (getLayerName() == null ? "" : " \"" + getLayerName() + "\"");
    }

    /**
     * The axis of the channels.
     *
     * @return channels first unless the input type or the builder says otherwise
     */
    public Layout getLayout() {
        return layout;
    }

    /**
     * The activation that clnorm's own enum named.
     *
     * @return none unless set; DL4J's activation is {@link #getActivationFn()}
     */
    public Activation getFusedActivation() {
        return fusedActivation;
    }

    /**
     * The number added to the variance.
     *
     * @return null for the operation's default
     */
    public Double getEps() {
        return eps;
    }

    /**
     * Whether the layer has parameters.
     *
     * @return false if gamma is 1 and beta 0
     */
    public boolean isAffine() {
        return affine;
    }

    /**
     * The selector of the device.
     *
     * @return null for {@code $CLNORM_DEVICE}, or the best device if that is not set
     */
    public String getDevice() {
        return device;
    }

    /** What is not DL4J's own, for comparisons and texts. */
    SortedMap<String, Object> settings() {
        SortedMap<String, Object> settings = new TreeMap<>();
        settings.put("layout", layout);
        settings.put("fusedActivation", fusedActivation);
        settings.put("eps", eps);
        settings.put("affine", affine);
        settings.put("device", device);
        settings.put("namesLayout", namesLayout);
        settings.put("gammaRegularization", gammaRegularization);
        settings.put("betaRegularization", betaRegularization);
        settings.put("dropsInput", dropsInput);
        return settings;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ClnormLayer layer
                && getClass() == other.getClass()
                && super.equals(other)
                && settings().equals(layer.settings());
    }

    @Override
    public int hashCode() {
        return 31 * super.hashCode() + settings().hashCode();
    }

    /** Its settings, then those of DL4J. */
    @Override
    public String toString() {
        return getClass().getSimpleName() + settings() + super.toString();
    }

    /**
     * The settings of every layer. Not thread-safe.
     *
     * @param <T> the builder's own class
     */
    public abstract static class Builder<T extends Builder<T>> extends FeedForwardLayer.Builder<T> {

        // Null: from the input type.
        private Layout layout;
        private Activation fusedActivation = Activation.NONE;
        private Double eps;
        private boolean affine;
        private String device;

        Builder(boolean affine) {
            this.affine = affine;
        }

        abstract T self();

        /**
         * Applies an activation in the same pass.
         *
         * @param value none unless set
         * @return this
         */
        public T activation(Activation value) {
            super.activation(new ActivationIdentity());
            fusedActivation = Objects.requireNonNull(value, "activation");
            return self();
        }

        /**
         * Applies an activation of DL4J: swish and ReLU in the same pass, others by ND4J afterwards.
         *
         * @param value identity unless set
         * @return this
         */
        @Override
        public T activation(IActivation value) {
            fusedActivation = Activation.NONE;
            return super.activation(value);
        }

        /**
         * The number added to the variance.
         *
         * @param value 0 or more; 1e-5 unless set, for RMSNorm the machine epsilon of the type. With 0, groups of equal
         *     values become NaN, as in PyTorch
         * @return this
         * @throws IllegalArgumentException if it is negative, infinite or NaN
         */
        public T eps(double value) {
            if (!isEps(value)) {
                throw new IllegalArgumentException("Expected eps of 0 or more, but got " + value);
            }
            eps = value;
            return self();
        }

        /**
         * Whether the layer has parameters.
         *
         * @param value true unless set, for InstanceNorm false, as in PyTorch
         * @return this
         */
        public T affine(boolean value) {
            affine = value;
            return self();
        }

        /**
         * The axis of the channels. Needed in a network without an input type, and where the layer before does not pass
         * its data format on: DL4J's {@code Convolution3D} and {@code Upsampling3D} tell the next layer NDHWC although
         * their default is NCDHW.
         *
         * @param value as the input type says unless set, else channels first
         * @return this
         */
        public T layout(Layout value) {
            layout = Objects.requireNonNull(value, "layout");
            return self();
        }

        /**
         * The device that computes the layer. It is part of the saved configuration.
         *
         * @param selector for example {@code gpu,nvidia}, see {@link io.github.clnorm.device.DeviceSelector}; null,
         *     the default, for {@code $CLNORM_DEVICE}, or the best device if that is not set
         * @return this
         */
        public T device(String selector) {
            device = selector;
            return self();
        }
    }
}
