package io.github.clnorm;

import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Layout;
import java.util.Objects;

/**
 * What a forward pass does besides normalizing. {@link #DEFAULTS} adds nothing. Each method returns a changed copy.
 * Immutable and thread-safe; tensors are not copied.
 *
 * @param layout where the channels of input and output are; layer_norm and rms_norm reject any but the default
 * @param activation applied to the result, in the same pass
 * @param residual added to the input before normalizing, of the input's shape and type; or null
 * @param sum receives input plus residual, rounded to the input's type, or null; the unrounded sum is normalized
 * @param output receives the result instead of a new tensor, or null. May be the input or the residual: every element
 *     is read before it is written
 * @param scale of each sample and channel, or null: see {@link #scaleShift}
 * @param shift as the scale, or null
 */
public record Options(
        Layout layout, Activation activation, Tensor residual, Tensor sum, Tensor output, Tensor scale, Tensor shift) {

    /**
     * Checks that nothing is missing.
     *
     * @param layout not null
     * @param activation not null
     * @param residual or null
     * @param sum or null
     * @param output or null
     * @param scale or null
     * @param shift or null
     */
    public Options {
        Objects.requireNonNull(layout, "layout");
        Objects.requireNonNull(activation, "activation");
    }

    /**
     * Options without scale and shift.
     *
     * @param layout not null
     * @param activation not null
     * @param residual or null
     * @param sum or null
     * @param output or null
     */
    public Options(Layout layout, Activation activation, Tensor residual, Tensor sum, Tensor output) {
        this(layout, activation, residual, sum, output, null, null);
    }

    /** Channels first, no activation, no residual, a new tensor for the result. */
    public static final Options DEFAULTS = new Options(Layout.CHANNELS_FIRST, Activation.NONE, null, null, null);

    /**
     * With another layout.
     *
     * @param value where the channels are
     * @return the changed options
     */
    public Options layout(Layout value) {
        return new Options(value, activation, residual, sum, output, scale, shift);
    }

    /**
     * With another activation.
     *
     * @param value applied to the result
     * @return the changed options
     */
    public Options activation(Activation value) {
        return new Options(layout, value, residual, sum, output, scale, shift);
    }

    /**
     * With a tensor that is added to the input before normalizing (skip-GroupNorm).
     *
     * @param value of the input's shape and type. Not modified
     * @return the changed options
     */
    public Options residual(Tensor value) {
        return new Options(layout, activation, value, sum, output, scale, shift);
    }

    /**
     * With a tensor that receives input plus residual.
     *
     * @param value of the input's shape and type. Overwritten
     * @return the changed options
     */
    public Options sum(Tensor value) {
        return new Options(layout, activation, residual, value, output, scale, shift);
    }

    /**
     * With a tensor that receives the result.
     *
     * @param value of the input's shape and type; the input itself works in place. Overwritten
     * @return the changed options
     */
    public Options output(Tensor value) {
        return new Options(layout, activation, residual, sum, value, scale, shift);
    }

    /**
     * With a scale and a shift of each sample and channel (AdaIN, adaLN): y = activation((x̂ · weight + bias) · (1 +
     * scale) + shift), in the same pass. The shape is {@code (N, C)} for group_norm and instance_norm. For layer_norm and
     * rms_norm it is {@code (N, *normalized_shape)}, where N is the input's first dimension: all rows of a sample share
     * them, as in DiT's {@code modulate}. batch_norm rejects them, and instance_norm by running statistics does.
     *
     * @param ofScale of the input's type, or float32 for float16 and bfloat16; or null for 0. Not modified
     * @param ofShift of the scale's shape and type, or null for 0. Not modified
     * @return the changed options
     */
    public Options scaleShift(Tensor ofScale, Tensor ofShift) {
        return new Options(layout, activation, residual, sum, output, ofScale, ofShift);
    }

    /** What modulates the result. */
    ScaleShift scaleShift() {
        return ScaleShift.of(scale, shift);
    }
}
