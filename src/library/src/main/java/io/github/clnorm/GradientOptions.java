package io.github.clnorm;

import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Layout;
import java.util.Objects;

/**
 * What the forward pass did beside normalizing, and which gradients are wanted: those that are not cost nothing. {@link
 * #DEFAULTS} asks for all; every method gives a changed copy.
 * Immutable and thread-safe; the tensors it names are not copied.
 *
 * @param layout where the channels are, as in the forward pass; layer_norm and rms_norm reject any but the default
 * @param activation applied in the forward pass
 * @param residual added to the input in the forward pass, of the input's shape and type; or null. Not modified
 * @param input whether the gradient of the input is wanted
 * @param weight whether that of the weight is, where there is one
 * @param bias whether that of the bias is, where there is one
 * @param output takes the gradient of the input instead of a new tensor, or null. May be the gradient that is passed
 *     back, the input or the residual: every element is read before it is written
 */
public record GradientOptions(
        Layout layout,
        Activation activation,
        Tensor residual,
        boolean input,
        boolean weight,
        boolean bias,
        Tensor output) {

    /**
     * Checks that nothing is missing.
     *
     * @param layout not null
     * @param activation not null
     * @param residual or null
     * @param input whether the gradient of the input is wanted
     * @param weight whether that of the weight is
     * @param bias whether that of the bias is
     * @param output or null
     */
    public GradientOptions {
        Objects.requireNonNull(layout, "layout");
        Objects.requireNonNull(activation, "activation");
    }

    /** Channels first, no activation, no residual, all gradients, new tensors. */
    public static final GradientOptions DEFAULTS =
            new GradientOptions(Layout.CHANNELS_FIRST, Activation.NONE, null, true, true, true, null);

    /**
     * With another layout.
     *
     * @param value where the channels are
     * @return the changed options
     */
    public GradientOptions layout(Layout value) {
        return new GradientOptions(value, activation, residual, input, weight, bias, output);
    }

    /**
     * With another activation.
     *
     * @param value what was applied to the result
     * @return the changed options
     */
    public GradientOptions activation(Activation value) {
        return new GradientOptions(layout, value, residual, input, weight, bias, output);
    }

    /**
     * With a tensor that was added to the input.
     *
     * @param value of the input's shape and type. Not modified
     * @return the changed options
     */
    public GradientOptions residual(Tensor value) {
        return new GradientOptions(layout, activation, value, input, weight, bias, output);
    }

    /**
     * With other gradients wanted, as PyTorch's {@code output_mask}.
     *
     * @param ofInput whether the gradient of the input is
     * @param ofWeight whether that of the weight is
     * @param ofBias whether that of the bias is
     * @return the changed options
     */
    public GradientOptions wanted(boolean ofInput, boolean ofWeight, boolean ofBias) {
        return new GradientOptions(layout, activation, residual, ofInput, ofWeight, ofBias, output);
    }

    /**
     * With a tensor that takes the gradient of the input.
     *
     * @param value of the input's shape and type. Overwritten
     * @return the changed options
     */
    public GradientOptions output(Tensor value) {
        return new GradientOptions(layout, activation, residual, input, weight, bias, value);
    }
}
