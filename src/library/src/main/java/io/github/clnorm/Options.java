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
 */
public record Options(Layout layout, Activation activation, Tensor residual, Tensor sum, Tensor output) {

    /**
     * Checks that nothing is missing.
     *
     * @param layout not null
     * @param activation not null
     * @param residual or null
     * @param sum or null
     * @param output or null
     */
    public Options {
        Objects.requireNonNull(layout, "layout");
        Objects.requireNonNull(activation, "activation");
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
        return new Options(value, activation, residual, sum, output);
    }

    /**
     * With another activation.
     *
     * @param value applied to the result
     * @return the changed options
     */
    public Options activation(Activation value) {
        return new Options(layout, value, residual, sum, output);
    }

    /**
     * With a tensor that is added to the input before normalizing (skip-GroupNorm).
     *
     * @param value of the input's shape and type. Not modified
     * @return the changed options
     */
    public Options residual(Tensor value) {
        return new Options(layout, activation, value, sum, output);
    }

    /**
     * With a tensor that receives input plus residual.
     *
     * @param value of the input's shape and type. Overwritten
     * @return the changed options
     */
    public Options sum(Tensor value) {
        return new Options(layout, activation, residual, value, output);
    }

    /**
     * With a tensor that receives the result.
     *
     * @param value of the input's shape and type; the input itself works in place. Overwritten
     * @return the changed options
     */
    public Options output(Tensor value) {
        return new Options(layout, activation, residual, sum, value);
    }
}
