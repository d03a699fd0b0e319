package io.github.clnorm;

import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Layout;
import java.util.Objects;

/**
 * What the forward pass did besides normalizing, and which gradients are wanted. A gradient that is not wanted costs
 * nothing. {@link #DEFAULTS} selects all. Each method returns a changed copy. Immutable and thread-safe; tensors are
 * not copied.
 *
 * @param layout where the channels are, as in the forward pass; layer_norm and rms_norm reject any but the default
 * @param activation applied in the forward pass
 * @param residual added to the input in the forward pass, of the input's shape and type; or null. Not modified
 * @param input whether the gradient of the input is wanted
 * @param weight whether the gradient of the weight is wanted, if there is a weight
 * @param bias whether the gradient of the bias is wanted, if there is a bias
 * @param output receives the gradient of the input instead of a new tensor, or null. May be the gradient of the output,
 *     the input or the residual: every element is read before it is written
 * @param scale of the forward pass, or null. Not modified
 * @param shift of the forward pass, or null. Not modified
 */
public record GradientOptions(
        Layout layout,
        Activation activation,
        Tensor residual,
        boolean input,
        boolean weight,
        boolean bias,
        Tensor output,
        Tensor scale,
        Tensor shift) {

    /**
     * Checks that nothing is missing.
     *
     * @param layout not null
     * @param activation not null
     * @param residual or null
     * @param input whether the gradient of the input is wanted
     * @param weight whether the gradient of the weight is wanted
     * @param bias whether the gradient of the bias is wanted
     * @param output or null
     * @param scale or null
     * @param shift or null
     */
    public GradientOptions {
        Objects.requireNonNull(layout, "layout");
        Objects.requireNonNull(activation, "activation");
    }

    /**
     * Options without scale and shift.
     *
     * @param layout not null
     * @param activation not null
     * @param residual or null
     * @param input whether the gradient of the input is wanted
     * @param weight whether the gradient of the weight is wanted
     * @param bias whether the gradient of the bias is wanted
     * @param output or null
     */
    public GradientOptions(
            Layout layout,
            Activation activation,
            Tensor residual,
            boolean input,
            boolean weight,
            boolean bias,
            Tensor output) {
        this(layout, activation, residual, input, weight, bias, output, null, null);
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
        return new GradientOptions(value, activation, residual, input, weight, bias, output, scale, shift);
    }

    /**
     * With another activation.
     *
     * @param value applied to the result
     * @return the changed options
     */
    public GradientOptions activation(Activation value) {
        return new GradientOptions(layout, value, residual, input, weight, bias, output, scale, shift);
    }

    /**
     * With a tensor that was added to the input.
     *
     * @param value of the input's shape and type. Not modified
     * @return the changed options
     */
    public GradientOptions residual(Tensor value) {
        return new GradientOptions(layout, activation, value, input, weight, bias, output, scale, shift);
    }

    /**
     * With other gradients wanted, as PyTorch's {@code output_mask}.
     *
     * @param ofInput whether the gradient of the input is wanted
     * @param ofWeight whether the gradient of the weight is wanted
     * @param ofBias whether the gradient of the bias is wanted
     * @return the changed options
     */
    public GradientOptions wanted(boolean ofInput, boolean ofWeight, boolean ofBias) {
        return new GradientOptions(layout, activation, residual, ofInput, ofWeight, ofBias, output, scale, shift);
    }

    /**
     * With a tensor that receives the gradient of the input.
     *
     * @param value of the input's shape and type. Overwritten
     * @return the changed options
     */
    public GradientOptions output(Tensor value) {
        return new GradientOptions(layout, activation, residual, input, weight, bias, value, scale, shift);
    }

    /**
     * With the scale and the shift of the forward pass, see {@link Options#scaleShift}. Their gradients are computed if
     * they are not null.
     *
     * @param ofScale as in the forward pass, or null. Not modified
     * @param ofShift as in the forward pass, or null. Not modified
     * @return the changed options
     */
    public GradientOptions scaleShift(Tensor ofScale, Tensor ofShift) {
        return new GradientOptions(layout, activation, residual, input, weight, bias, output, ofScale, ofShift);
    }

    /** What modulated the result. */
    ScaleShift scaleShift() {
        return ScaleShift.of(scale, shift);
    }
}
