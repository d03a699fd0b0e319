package io.github.clnorm;

import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A normalization layer: an operation with its parameters on a backend. Parameters have PyTorch's initial values unless
 * a {@link NormSpec} gives others. Closing the backend closes the layer.
 *
 * <p>Three forms of a forward pass:
 *
 * <ul>
 *   <li>{@link #record(Tensor)} for training: any number of open passes, gradients in any order and on any thread;
 *   <li>{@link #infer(Tensor)} for inference: saves nothing;
 *   <li>{@link #forward(Tensor)} and {@link #backward(Tensor)}, the short form: one pass at a time, on one thread. A
 *       backward call that may belong to either of two forward passes is rejected.
 * </ul>
 *
 * <p>Thread-safe: passes of several threads are enqueued one after the other. Setting a parameter's tensor ({@link
 * Tensor#set(float[])}) changes the layer.
 *
 * @serial exclude
 */
public sealed class Layer implements AutoCloseable, Serializable
        permits GroupNorm, LayerNorm, RmsNorm, ChannelStatisticsNorm, FrozenBatchNorm {

    private static final long serialVersionUID = 1;

    private final Backend backend;
    private final NormSpec spec;
    private final LayerTensors tensors;
    private final Tensor weight;
    private final Tensor bias;
    private final LastForward last = new LastForward(this);
    // Made when it is first needed.
    private volatile String name;

    Layer(Backend backend, NormSpec spec, ElementType parameterType) {
        this.backend = Objects.requireNonNull(backend, "backend");
        this.spec = spec;
        this.tensors = new LayerTensors(backend);
        NormSpec.Common common = spec.common();
        if (!Double.isNaN(common.eps())) {
            Requests.epsOfLayer(common.eps());
        }
        if (common.hasWeight() || common.hasBias()) {
            Requests.available(backend, "parameterType", parameterType);
        }
        long[] shape = spec.layerParameterShape();
        this.weight = common.hasWeight()
                ? tensors.own(parameterType, (float) (1 - spec.weightOffset()), common.weight(), shape)
                : null;
        this.bias = common.hasBias() ? tensors.own(parameterType, 0, common.bias(), shape) : null;
    }

    /**
     * Normalizes, and saves what {@link #backward(Tensor)} of this thread needs. Asynchronous.
     *
     * @param input x. Not modified
     * @return y, of the same shape and type; the caller closes it, or the backend does
     * @throws IllegalArgumentException when the input does not fit, with PyTorch's message if it has one
     * @throws IllegalStateException when the layer or the input is closed
     */
    public final Tensor forward(Tensor input) {
        return forward(input, Options.DEFAULTS);
    }

    /**
     * Normalizes, with a residual or into a given tensor, and saves what {@link #backward(Tensor)} of this thread
     * needs. Asynchronous.
     *
     * @param input x. Not modified, unless the options name it
     * @param options residual, sum, output, scale and shift; layout and activation are the layer's own, and must be the defaults in
     *     {@code options}
     * @return y, of the same shape and type: the options' output if they have one
     * @throws IllegalArgumentException when the input or the options do not fit
     * @throws IllegalStateException when the layer or a tensor is closed
     */
    public final Tensor forward(Tensor input, Options options) {
        return forwarded(input, options, true, forwarded -> {
            forwarded.pass.leaveScope();
            last.set(forwarded.pass);
            return forwarded.output;
        });
    }

    /**
     * Normalizes, and keeps what the gradients of this pass need until the result is closed. Asynchronous.
     *
     * @param input x. Not modified
     * @return the pass: its output, and its gradients
     * @throws IllegalArgumentException when the input does not fit, with PyTorch's message if it has one
     * @throws IllegalStateException when the layer or the input is closed
     */
    public final Recorded record(Tensor input) {
        return record(input, Options.DEFAULTS);
    }

    /**
     * Normalizes, with a residual or into a given tensor, and keeps what the gradients of this pass need until the
     * result is closed. Asynchronous.
     *
     * @param input x. Not modified, unless the options name it
     * @param options residual, sum, output, scale and shift; layout and activation are the layer's own, and must be the defaults in
     *     {@code options}
     * @return the pass: its output, and its gradients
     * @throws IllegalArgumentException when the input or the options do not fit
     * @throws IllegalStateException when the layer or a tensor is closed
     */
    public final Recorded record(Tensor input, Options options) {
        return forwarded(
                input,
                options,
                true,
                forwarded -> new Recorded(this, forwarded.pass, forwarded.output, options.output() == null));
    }

    /**
     * Normalizes, and saves nothing: no gradients can be taken. In training mode running statistics are updated, as by
     * any forward pass. Asynchronous.
     *
     * @param input x. Not modified
     * @return y, of the same shape and type; the caller closes it, or the backend does
     * @throws IllegalArgumentException when the input does not fit, with PyTorch's message if it has one
     * @throws IllegalStateException when the layer or the input is closed
     */
    public final Tensor infer(Tensor input) {
        return infer(input, Options.DEFAULTS);
    }

    /**
     * Normalizes, with a residual or into a given tensor, and saves nothing: no gradients can be taken. Asynchronous.
     *
     * @param input x. Not modified, unless the options name it
     * @param options residual, sum, output, scale and shift; layout and activation are the layer's own, and must be the defaults in
     *     {@code options}
     * @return y, of the same shape and type: the options' output if they have one
     * @throws IllegalArgumentException when the input or the options do not fit
     * @throws IllegalStateException when the layer or a tensor is closed
     */
    public final Tensor infer(Tensor input, Options options) {
        return forwarded(input, options, false, Forwarded::output);
    }

    /** An enqueued forward pass. */
    private record Forwarded(Tensor output, SavedPass pass) {}

    private <T> T forwarded(Tensor input, Options options, boolean saves, Function<Forwarded, T> result) {
        PassMaker maker = passMaker(input, options);
        try {
            return exclusively(() -> result.apply(run(maker, input, options, saves)));
        } catch (RuntimeException e) {
            maker.failed(e);
            throw e;
        }
    }

    private Forwarded run(PassMaker maker, Tensor given, Options options, boolean saves) {
        requireOpen();
        Tensor input = LayerChecks.input(backend, given);
        LayerChecks.options(spec, options);
        Pass pass = maker.pass(input, options.layout(spec.layout()).activation(spec.activation()));
        SavedPass savedPass = saves ? new SavedPass(input, options, pass) : null;
        Normalized result = pass.normalized(saves, name());
        if (saves) {
            savedPass.saved(result.saved());
        }
        enqueued();
        // The caller's own object, which may be a view of the tensor.
        Tensor output = options.output() != null ? options.output() : shaped(result.output(), input);
        return new Forwarded(output, savedPass);
    }

    /** Makes the pass of a checked input, with all options. Called with the session's lock. */
    interface PassMaker {
        Pass pass(Tensor input, Options options);

        /** Called if the pass cannot be made or enqueued. */
        default void failed(RuntimeException reason) {}
    }

    /** Makes the gradients of a pass, with all options. Called with the session's lock. */
    interface GradientMaker {
        Gradients gradients(Tensor gradOutput, Tensor input, Saved saved, GradientOptions options);

        /** Called if the gradients cannot be made or enqueued. */
        default void failed(RuntimeException reason) {}
    }

    /**
     * Called without the session's lock before each pass. A layer that waits for the device, or for other threads, does so
     * here.
     */
    PassMaker passMaker(Tensor input, Options options) {
        return this::pass;
    }

    /**
     * Called without the session's lock before the gradients of a pass are made.
     *
     * @param pass gives the checked pass
     */
    GradientMaker gradientMaker(Supplier<SavedPass> pass, Tensor gradOutput, GradientOptions options) {
        return this::gradients;
    }

    /** The pass of a checked input, with all options. */
    Pass pass(Tensor input, Options options) {
        spec.checkInput(channelState(), input.sizes());
        return spec.pass(input, channelState(), options);
    }

    /** Called when a pass is enqueued. */
    void enqueued() {}

    /** The output in the input's shape. */
    Tensor shaped(Tensor output, Tensor input) {
        return output;
    }

    /**
     * The gradients of the last {@link #forward(Tensor)} of this thread, for a loss whose gradient with respect to the
     * output is known. Asynchronous. Each forward pass has one backward pass.
     *
     * <p>Reads the input and the residual of that pass again, the weight, the scale, with an activation or a scale
     * the bias, with an activation the shift, and in evaluation the running statistics. They must not be modified before.
     *
     * @param gradOutput dy, of the output's shape and type. Not modified
     * @return dx, dγ and dβ; the caller closes them, or the backend does
     * @throws IllegalArgumentException when the gradient does not fit
     * @throws IllegalStateException if there was no forward pass; if its gradients were taken already; if a forward
     *     pass before it has no backward pass; on another thread than the forward pass; if a tensor that is read again
     *     was modified or closed; if the layer is closed
     */
    public final Gradients backward(Tensor gradOutput) {
        return backward(gradOutput, GradientOptions.DEFAULTS);
    }

    /**
     * The gradients of the last {@link #forward(Tensor)} of this thread, with options.
     *
     * @param gradOutput dy, of the output's shape and type. Not modified, unless the options name it
     * @param options which gradients are wanted, and where dx goes; layout, activation, residual, scale and shift are
     *     those of the forward pass, and must be the defaults in {@code options}
     * @return the gradients that are wanted
     * @throws IllegalArgumentException when the gradient or the options do not fit
     * @throws IllegalStateException as {@link #backward(Tensor)}
     */
    public final Gradients backward(Tensor gradOutput, GradientOptions options) {
        return gradientsOf(last::checked, gradOutput, options, last::took);
    }

    /**
     * The gradients of a pass.
     *
     * @param pass gives the checked pass; called with the session's lock
     * @param taken called with the session's lock when the gradients are enqueued
     */
    final Gradients gradientsOf(Supplier<SavedPass> pass, Tensor gradOutput, GradientOptions options, Runnable taken) {
        GradientMaker maker = gradientMaker(
                () -> exclusively(() -> {
                    requireOpen();
                    return pass.get();
                }),
                gradOutput,
                options);
        try {
            return exclusively(() -> {
                requireOpen();
                Gradients gradients = gradientsOf(maker, pass.get(), gradOutput, options);
                taken.run();
                return gradients;
            });
        } catch (RuntimeException e) {
            maker.failed(e);
            throw e;
        }
    }

    private Gradients gradientsOf(GradientMaker maker, SavedPass pass, Tensor gradOutput, GradientOptions options) {
        LayerChecks.options(spec, options);
        return maker.gradients(gradOutput, pass.input(), pass.statistics(), allOptions(pass, options));
    }

    /** The options with those of the forward pass. */
    final GradientOptions allOptions(SavedPass pass, GradientOptions options) {
        Options forward = pass.options();
        return options.layout(spec.layout())
                .activation(spec.activation())
                .residual(forward.residual())
                .scaleShift(forward.scale(), forward.shift());
    }

    /** The gradients of a pass by saved statistics, or by the running ones if none were saved; with all options. */
    Gradients gradients(Tensor gradOutput, Tensor input, Saved saved, GradientOptions options) {
        return spec.gradients(gradOutput, input, channelState(), saved, options);
    }

    /** The tensors that a pass reads and updates. */
    ChannelState channelState() {
        return ChannelState.of(weight, bias);
    }

    private <T> T exclusively(Supplier<T> steps) {
        return backend.session().exclusively(steps);
    }

    final void requireOpen() {
        tensors.requireOpen(this);
    }

    /** The layer's text, made once, because each pass records it as the writer of its tensors. */
    private String name() {
        if (name == null) {
            name = toString();
        }
        return name;
    }

    final Backend backend() {
        return backend;
    }

    /** Its own tensors: parameters and running statistics. */
    final LayerTensors tensors() {
        return tensors;
    }

    /** The operation and its settings. */
    NormSpec spec() {
        return spec;
    }

    /**
     * Gamma.
     *
     * @return the layer's own tensor; null if it has none
     */
    public final Tensor weight() {
        return weight;
    }

    /**
     * Beta.
     *
     * @return the layer's own tensor; null if it has none
     */
    public final Tensor bias() {
        return bias;
    }

    /**
     * Its parameters and running statistics by PyTorch's names, in the order of PyTorch's {@code state_dict()}: {@code
     * weight}, {@code bias}, {@code running_mean}, {@code running_var}, each if the layer has it. The number of batches is
     * no tensor: {@link ChannelStatisticsNorm#numBatchesTracked()}, which {@link StateFile} saves too.
     *
     * @return the layer's own tensors, in a map that cannot be modified. Setting a tensor changes the layer
     * @throws IllegalStateException when the layer is closed
     */
    public final Map<String, Tensor> state() {
        return exclusively(() -> {
            requireOpen();
            return channelState().byName();
        });
    }

    /**
     * Rejects serialization.
     *
     * @param out not written
     * @throws IOException always; the message says what to serialize instead
     */
    private void writeObject(ObjectOutputStream out) throws IOException {
        throw Bound.toDevice(
                "the layer " + this,
                "Send its NormSpec, and make the layer where the work is done by spec.on(backend). On Spark,"
                        + " ClnormSpark.normalize(data, spec) does this");
    }

    /** Closes the layer's tensors. Passes that were enqueued before are not affected. Closing it again is a no-op. */
    @Override
    public final void close() {
        exclusively(() -> {
            last.forget();
            tensors.close();
            return null;
        });
    }

    /** The layer as PyTorch prints it, then its layout and activation if they are not the defaults. */
    @Override
    public final String toString() {
        return module() + spec.extras();
    }

    /** PyTorch's text of the layer. */
    String module() {
        return spec.module();
    }

    /**
     * The settings of every layer. Not thread-safe.
     *
     * @param <S> the layer's own settings
     */
    public abstract static sealed class Settings<S extends Settings<S>>
            permits GroupNorm.Builder,
                    LayerNorm.Builder,
                    RmsNorm.Builder,
                    ChannelStatisticsNorm.Builder,
                    FrozenBatchNorm.Builder {
        final Backend backend;
        private NormSpec.Common common;
        private ElementType parameterType = ElementType.FLOAT32;

        Settings(Backend backend, NormSpec.Common defaults) {
            this.backend = Objects.requireNonNull(backend, "backend");
            this.common = defaults;
        }

        abstract S self();

        /**
         * The number added to the variance.
         *
         * @param value 0 or more; PyTorch's default is 1e-5
         * @return this
         * @throws IllegalArgumentException when it is negative, infinite or NaN
         */
        public final S eps(double value) {
            common = common.eps(Requests.epsOfLayer(value));
            return self();
        }

        /**
         * Applies an activation in the same pass.
         *
         * @param value none unless set
         * @return this
         */
        public final S activation(Activation value) {
            common = common.activation(value);
            return self();
        }

        /**
         * The type of weight and bias; the input may have another.
         *
         * @param value float32 unless set
         * @return this
         */
        public final S parameterType(ElementType value) {
            parameterType = Objects.requireNonNull(value, "parameterType");
            return self();
        }

        final S setLayout(Layout value) {
            common = common.layout(value);
            return self();
        }

        final S setParameters(boolean weight, boolean bias) {
            common = common.parameters(weight, bias);
            return self();
        }

        final NormSpec.Common common() {
            return common;
        }

        final ElementType parameterType() {
            return parameterType;
        }
    }
}
