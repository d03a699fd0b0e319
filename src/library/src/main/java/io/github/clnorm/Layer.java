package io.github.clnorm;

import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * A normalization layer: parameters with PyTorch's initial values, on a backend, with which they are closed.
 *
 * <p>Three forms of a forward pass:
 *
 * <ul>
 *   <li>{@link #record(Tensor)} for training: any number of passes at once, gradients in any order and on any thread;
 *   <li>{@link #infer(Tensor)} for inference: saves nothing;
 *   <li>{@link #forward(Tensor)} and {@link #backward(Tensor)}, the short form: one pass at a time, on one thread. A backward
 *       pass that could take the gradients of another forward pass is rejected.
 * </ul>
 *
 * <p>Thread-safe: passes of several threads are enqueued one after the other. Setting a parameter's tensor ({@link
 * Tensor#set(float[])}) changes the layer.
 */
public abstract sealed class Layer implements AutoCloseable
        permits GroupNorm, LayerNorm, RmsNorm, ChannelStatisticsNorm, FrozenBatchNorm {

    private final Backend backend;
    private final double eps;
    private final Layout layout;
    private final Activation activation;
    private final ElementType parameterType;
    private final List<Tensor> owned = new ArrayList<>();
    private final Tensor weight;
    private final Tensor bias;
    private final LastForward last = new LastForward(this);
    // Made when it is first needed: the parameters of its text are set by subclasses.
    private volatile String name;
    private volatile boolean closed;

    Layer(Settings<?> settings, boolean hasWeight, boolean hasBias, long... parameterShape) {
        this.backend = settings.backend;
        this.eps = settings.eps;
        this.layout = settings.layout;
        this.activation = settings.activation;
        this.parameterType = settings.parameterType;
        if (hasWeight || hasBias) {
            Requests.available(backend, "parameterType", parameterType);
        }
        this.weight = hasWeight ? own(parameterType, 1, parameterShape) : null;
        this.bias = hasBias ? own(parameterType, 0, parameterShape) : null;
    }

    /** A tensor of this layer, with one value everywhere; when there is no memory for it, nothing of the layer is left. */
    final Tensor own(ElementType type, float value, long... shape) {
        try {
            Tensor tensor = backend.empty(type, shape);
            owned.add(tensor);
            tensor.setAll(value);
            return tensor;
        } catch (RuntimeException e) {
            owned.forEach(Tensor::close);
            throw e;
        }
    }

    /**
     * Normalizes, and saves what {@link #backward(Tensor)} of this thread needs. Asynchronous.
     *
     * @param input x. Not modified
     * @return y, of the same shape and type; the caller closes it, or the backend does
     * @throws IllegalArgumentException when the input does not fit, with PyTorch's message where it has one
     * @throws IllegalStateException when the layer or the input is closed
     */
    public final Tensor forward(Tensor input) {
        return forward(input, Options.DEFAULTS);
    }

    /**
     * Normalizes, with a residual or into a given tensor, and saves what {@link #backward(Tensor)} of this thread needs.
     * Asynchronous.
     *
     * @param input x. Not modified, unless the options name it
     * @param options residual, sum and output; layout and activation are the layer's own, and must be the defaults here
     * @return y, of the same shape and type: the options' output if they have one
     * @throws IllegalArgumentException when the input or the options do not fit
     * @throws IllegalStateException when the layer or a tensor is closed
     */
    public final Tensor forward(Tensor input, Options options) {
        return exclusively(() -> {
            Forwarded forwarded = run(input, options, true);
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
     * @throws IllegalArgumentException when the input does not fit, with PyTorch's message where it has one
     * @throws IllegalStateException when the layer or the input is closed
     */
    public final Recorded record(Tensor input) {
        return record(input, Options.DEFAULTS);
    }

    /**
     * Normalizes, with a residual or into a given tensor, and keeps what the gradients of this pass need until the result is
     * closed. Asynchronous.
     *
     * @param input x. Not modified, unless the options name it
     * @param options residual, sum and output; layout and activation are the layer's own, and must be the defaults here
     * @return the pass: its output, and its gradients
     * @throws IllegalArgumentException when the input or the options do not fit
     * @throws IllegalStateException when the layer or a tensor is closed
     */
    public final Recorded record(Tensor input, Options options) {
        return exclusively(() -> {
            Forwarded forwarded = run(input, options, true);
            return new Recorded(this, forwarded.pass, forwarded.output, options.output() == null);
        });
    }

    /**
     * Normalizes, and saves nothing: no gradients can be taken. In training mode running statistics are updated, as by any
     * forward pass. Asynchronous.
     *
     * @param input x. Not modified
     * @return y, of the same shape and type; the caller closes it, or the backend does
     * @throws IllegalArgumentException when the input does not fit, with PyTorch's message where it has one
     * @throws IllegalStateException when the layer or the input is closed
     */
    public final Tensor infer(Tensor input) {
        return infer(input, Options.DEFAULTS);
    }

    /**
     * Normalizes, with a residual or into a given tensor, and saves nothing: no gradients can be taken. Asynchronous.
     *
     * @param input x. Not modified, unless the options name it
     * @param options residual, sum and output; layout and activation are the layer's own, and must be the defaults here
     * @return y, of the same shape and type: the options' output if they have one
     * @throws IllegalArgumentException when the input or the options do not fit
     * @throws IllegalStateException when the layer or a tensor is closed
     */
    public final Tensor infer(Tensor input, Options options) {
        return exclusively(() -> run(input, options, false).output);
    }

    /** A forward pass that was enqueued. */
    private record Forwarded(Tensor output, SavedPass pass) {}

    private Forwarded run(Tensor input, Options options, boolean saves) {
        requireOpen();
        input.requireOpen("input");
        if (input.backend() != backend) {
            throw new IllegalArgumentException("Expected input of the layer's own backend, but got "
                    + (input.backend().device().equals(backend.device())
                            ? "a tensor of another backend on the same device, "
                                    + backend.device().description()
                            : "a tensor on " + input.backend().device().description() + " where the layer is on "
                                    + backend.device().description()));
        }
        if (options.layout() != Layout.CHANNELS_FIRST || options.activation() != Activation.NONE) {
            ofLastDimensions(options.layout());
            throw new IllegalArgumentException("layout and activation belong to the layer: set them when it is built");
        }
        Pass pass = pass(input, options.layout(layout).activation(activation));
        SavedPass savedPass = saves ? new SavedPass(input, options, pass) : null;
        Normalized result = pass.normalized(saves, name());
        if (saves) {
            savedPass.saved(result.saved());
        }
        enqueued();
        // A view is another object for the same tensor: a caller who named one gets it back.
        Tensor output = options.output() != null ? options.output() : shaped(result.output(), input);
        return new Forwarded(output, savedPass);
    }

    /** Rejects a layout where the layer cannot be built with one either. */
    private void ofLastDimensions(Layout given) {
        if (this instanceof LayerNorm || this instanceof RmsNorm) {
            Requests.noLayout(this instanceof LayerNorm ? "layer_norm" : "rms_norm", given);
        }
    }

    /** The pass of a checked input, with all options. */
    abstract Pass pass(Tensor input, Options options);

    /** Called when a pass is enqueued. */
    void enqueued() {}

    /** The output in the input's shape. */
    Tensor shaped(Tensor output, Tensor input) {
        return output;
    }

    /**
     * The gradients of the last {@link #forward(Tensor)} of this thread: of a loss whose gradient with respect to the output
     * is known. Asynchronous; once for each forward pass.
     *
     * <p>The input and the residual of that pass, the weight, with an activation the bias, and in evaluation the running
     * statistics are read again, and must not be modified before.
     *
     * @param gradOutput dy, of the output's shape and type. Not modified
     * @return dx, dγ and dβ; the caller closes them, or the backend does
     * @throws IllegalArgumentException when the gradient does not fit
     * @throws IllegalStateException when there was no forward pass before; when its gradients were taken already; when
     *     another forward pass of this layer came in between, whose gradients were not taken; on another thread than the
     *     forward pass; when a tensor that is read again was modified or closed; when the layer is closed
     */
    public final Gradients backward(Tensor gradOutput) {
        return backward(gradOutput, GradientOptions.DEFAULTS);
    }

    /**
     * The gradients of the last {@link #forward(Tensor)} of this thread; those that are wanted, or dx into a given tensor.
     *
     * @param gradOutput dy, of the output's shape and type. Not modified, unless the options name it
     * @param options which gradients are wanted, and where dx goes; layout, activation and residual are those of the
     *     forward pass, and must be the defaults here
     * @return the gradients that are wanted
     * @throws IllegalArgumentException when the gradient or the options do not fit
     * @throws IllegalStateException as {@link #backward(Tensor)}
     */
    public final Gradients backward(Tensor gradOutput, GradientOptions options) {
        return exclusively(() -> {
            requireOpen();
            SavedPass pass = last.get();
            try {
                pass.check();
            } catch (IllegalStateException e) {
                // Its gradients can never be taken: the next forward pass is the only one then.
                last.forget();
                throw e;
            }
            Gradients gradients = gradientsOf(pass, gradOutput, options);
            last.took();
            return gradients;
        });
    }

    /** The gradients of a pass. The caller holds the session's lock. */
    final Gradients gradientsOf(SavedPass pass, Tensor gradOutput, GradientOptions options) {
        requireOpen();
        pass.check();
        if (options.layout() != Layout.CHANNELS_FIRST
                || options.activation() != Activation.NONE
                || options.residual() != null) {
            ofLastDimensions(options.layout());
            throw new IllegalArgumentException(
                    "layout, activation and residual are those of the forward pass: leave them at their defaults here, got "
                            + options.layout() + ", " + options.activation() + ", "
                            + (options.residual() == null ? "no residual" : "a residual"));
        }
        return gradients(
                gradOutput,
                pass.input(),
                pass.statistics(),
                options.layout(layout).activation(activation).residual(pass.residual()));
    }

    /** The gradients of a pass by saved statistics, or by running ones where none were saved; with all options. */
    abstract Gradients gradients(Tensor gradOutput, Tensor input, Saved saved, GradientOptions options);

    private <T> T exclusively(Supplier<T> steps) {
        return backend.session().exclusively(steps);
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException(this + " is closed");
        }
        if (!owned.isEmpty() && owned.get(0).buffer().isClosed()) {
            throw new IllegalStateException(this + " is closed with the scope or the backend that it was made in");
        }
    }

    /** The layer's text, made once: every pass notes who wrote. */
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
    final List<Tensor> owned() {
        return owned;
    }

    /**
     * Gamma.
     *
     * @return the layer's own tensor; null where it has none
     */
    public final Tensor weight() {
        return weight;
    }

    /**
     * Beta.
     *
     * @return the layer's own tensor; null where it has none
     */
    public final Tensor bias() {
        return bias;
    }

    final double eps() {
        return eps;
    }

    final Layout layout() {
        return layout;
    }

    /** Gives the memory of all its tensors back. Passes that were enqueued before are not affected. */
    @Override
    public final void close() {
        exclusively(() -> {
            closed = true;
            last.forget();
            owned.forEach(Tensor::close);
            return null;
        });
    }

    /** eps and numbers like it as Python prints them. */
    static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e16) {
            return Double.toString(value);
        }
        String text = Double.toString(value);
        int exponent = text.indexOf('E');
        if (exponent < 0) {
            return text;
        }
        int power = Integer.parseInt(text.substring(exponent + 1));
        String digits = text.substring(0, exponent).replaceFirst("\\.0$", "");
        return power == -4
                ? new BigDecimal(text).stripTrailingZeros().toPlainString()
                : digits + "e" + (power < 0 ? "-" : "+") + (Math.abs(power) < 10 ? "0" : "") + Math.abs(power);
    }

    static String bool(boolean value) {
        return value ? "True" : "False";
    }

    /**
     * Settings that every layer has. Not thread-safe.
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
        private double eps;
        private Layout layout = Layout.CHANNELS_FIRST;
        private Activation activation = Activation.NONE;
        private ElementType parameterType = ElementType.FLOAT32;

        Settings(Backend backend, double eps) {
            this.backend = Objects.requireNonNull(backend, "backend");
            this.eps = eps;
        }

        abstract S self();

        /**
         * What is added to the variance.
         *
         * @param value 0 or more; PyTorch's default is 1e-5
         * @return this
         * @throws IllegalArgumentException when it is negative, infinite or NaN
         */
        public final S eps(double value) {
            eps = Requests.epsOfLayer(value);
            return self();
        }

        /**
         * Applies an activation in the same pass.
         *
         * @param value none unless set
         * @return this
         */
        public final S activation(Activation value) {
            activation = Objects.requireNonNull(value, "activation");
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
            layout = Objects.requireNonNull(value, "layout");
            return self();
        }
    }
}
