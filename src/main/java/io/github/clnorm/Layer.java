package io.github.clnorm;

import io.github.clnorm.geometry.Shapes;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A normalization layer: parameters that begin as PyTorch's do, and belong to a backend, with which they are closed.
 *
 * <p>Setting a parameter's tensor ({@link Tensor#set(float[])}) changes the layer.
 */
public abstract sealed class Layer implements AutoCloseable
        permits GroupNorm, LayerNorm, RmsNorm, ChannelStatisticsNorm, FrozenBatchNorm {

    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

    private final Backend backend;
    private final double eps;
    private final Layout layout;
    private final Activation activation;
    private final ElementType parameterType;
    private final List<Tensor> owned = new ArrayList<>();
    private final Tensor weight;
    private final Tensor bias;
    private Remembered remembered;
    private boolean spent;
    private volatile boolean closed;

    Layer(Settings<?> settings, boolean hasWeight, boolean hasBias, long... parameterShape) {
        this.backend = settings.backend;
        this.eps = settings.eps;
        this.layout = settings.layout;
        this.activation = settings.activation;
        this.parameterType = settings.parameterType;
        this.weight = hasWeight ? own(parameterType, 1, parameterShape) : null;
        this.bias = hasBias ? own(parameterType, 0, parameterShape) : null;
    }

    /** A tensor of this layer, with one value everywhere; when there is no memory for it, nothing of the layer is left. */
    final Tensor own(ElementType type, float value, long... shape) {
        if (Shapes.elements(shape) > LARGEST_ARRAY) {
            throw new IllegalArgumentException("parameters of shape " + Shapes.text(shape) + " do not fit in a Java array");
        }
        float[] values = new float[(int) Shapes.elements(shape)];
        Arrays.fill(values, value);
        try {
            Tensor tensor = backend.tensor(type, values, shape);
            owned.add(tensor);
            return tensor;
        } catch (RuntimeException e) {
            owned.forEach(Tensor::close);
            throw e;
        }
    }

    /**
     * Normalizes. The result is enqueued, not waited for.
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
     * Normalizes, with a residual or into a given tensor.
     *
     * @param input x. Not modified, unless the options name it
     * @param options residual, sum and output; layout and activation are the layer's own, and must be the defaults here
     * @return y, of the same shape and type: the options' output if they have one
     * @throws IllegalArgumentException when the input or the options do not fit
     * @throws IllegalStateException when the layer or a tensor is closed
     */
    public final synchronized Tensor forward(Tensor input, Options options) {
        if (closed) {
            throw new IllegalStateException(this + " is closed");
        }
        input.requireOpen("input");
        if (input.backend() != backend) {
            throw new IllegalArgumentException("Expected input of the layer's own backend (on "
                    + backend.device().description() + "), but got one of another backend (on "
                    + input.backend().device().description() + ")");
        }
        if (options.layout() != Layout.CHANNELS_FIRST || options.activation() != Activation.NONE) {
            throw new IllegalArgumentException("layout and activation belong to the layer: set them when it is built");
        }
        Normalized result = pass(input, options.layout(layout).activation(activation));
        forget();
        remembered = new Remembered(input, options, result.saved());
        return result.output();
    }

    /** The pass of a checked input, with all options. */
    abstract Normalized pass(Tensor input, Options options);

    /**
     * The gradients of what the last {@link #forward(Tensor)} computed: of a loss whose gradient with respect to the output
     * is known. Enqueued, not waited for; once for each forward pass.
     *
     * <p>The input and the residual of that pass, the weight, the bias and, in evaluation, the running statistics must still
     * be what they were: they are read again, and nobody notices when they are not. Errors are those of {@link Functional}.
     *
     * @param gradOutput dy, of the output's shape and type. Not modified
     * @return dx, dγ and dβ; the caller closes them, or the backend does
     * @throws IllegalArgumentException when the gradient does not fit
     * @throws IllegalStateException when there was no forward pass before, its gradients were taken already, its input was
     *     overwritten, or the layer or a tensor is closed
     */
    public final Gradients backward(Tensor gradOutput) {
        return backward(gradOutput, GradientOptions.DEFAULTS);
    }

    /**
     * The gradients of what the last forward pass computed; those that are wanted, or dx into a given tensor.
     *
     * @param gradOutput dy, of the output's shape and type. Not modified, unless the options name it
     * @param options which gradients are wanted, and where dx goes; layout, activation and residual are those of the
     *     forward pass, and must be the defaults here
     * @return the gradients that are wanted
     * @throws IllegalArgumentException when the gradient or the options do not fit
     * @throws IllegalStateException when there was no forward pass before, its gradients were taken already, its input was
     *     overwritten, or the layer or a tensor is closed
     */
    public final synchronized Gradients backward(Tensor gradOutput, GradientOptions options) {
        if (closed) {
            throw new IllegalStateException(this + " is closed");
        }
        if (remembered == null) {
            throw new IllegalStateException(spent
                    ? "Trying to backward through " + this + " a second time: what the forward pass saved is freed by the"
                            + " first backward, call forward again"
                    : "Expected forward before backward of " + this);
        }
        remembered.checkKept();
        if (options.layout() != Layout.CHANNELS_FIRST
                || options.activation() != Activation.NONE
                || options.residual() != null) {
            throw new IllegalArgumentException("layout, activation and residual are those of the forward pass: leave them at their defaults here, got "
                            + options.layout() + ", " + options.activation() + ", "
                            + (options.residual() == null ? "no residual" : "a residual"));
        }
        Gradients gradients = gradients(
                gradOutput,
                remembered.input,
                remembered.saved,
                options.layout(layout).activation(activation).residual(remembered.options.residual()));
        forget();
        spent = true;
        return gradients;
    }

    /** The gradients of a pass by saved statistics, or by running ones where none were saved; with all options. */
    abstract Gradients gradients(Tensor gradOutput, Tensor input, Saved saved, GradientOptions options);

    /** What the last forward pass leaves for backward. */
    private record Remembered(Tensor input, Options options, Saved saved) {

        /** Refuses inputs that are gone, or that the pass itself has overwritten. */
        void checkKept() {
            for (Tensor written : Arrays.asList(options.output(), options.sum())) {
                for (Tensor read : Arrays.asList(input, options.residual())) {
                    if (written != null && read != null && written.sharesMemoryWith(read)) {
                        throw new IllegalStateException("forward worked in place: the input of shape " + read
                                + " that backward needs is overwritten");
                    }
                }
            }
            input.requireOpen("the input of the forward pass,");
        }
    }

    private void forget() {
        if (remembered != null && remembered.saved != null) {
            remembered.saved.close();
        }
        remembered = null;
        spent = false;
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

    /** Gives the memory of all its tensors back. */
    @Override
    public final synchronized void close() {
        closed = true;
        forget();
        owned.forEach(Tensor::close);
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
        return power == -4 ? new BigDecimal(text).stripTrailingZeros().toPlainString()
                : digits + "e" + (power < 0 ? "-" : "+") + (Math.abs(power) < 10 ? "0" : "") + Math.abs(power);
    }

    static String bool(boolean value) {
        return value ? "True" : "False";
    }

    /**
     * Settings that every layer has.
     *
     * @param <S> the layer's own settings
     */
    public abstract static sealed class Settings<S extends Settings<S>>
            permits GroupNorm.Builder, LayerNorm.Builder, RmsNorm.Builder, ChannelStatisticsNorm.Builder, FrozenBatchNorm.Builder {
        final Backend backend;
        private double eps;
        private Layout layout = Layout.CHANNELS_FIRST;
        private Activation activation = Activation.NONE;
        private ElementType parameterType = ElementType.FLOAT32;

        Settings(Backend backend, double eps) {
            this.backend = backend;
            this.eps = eps;
        }

        abstract S self();

        /**
         * What is added to the variance.
         *
         * @param value PyTorch's default is 1e-5
         * @return this
         */
        public final S eps(double value) {
            eps = value;
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
