package io.github.clnorm;

import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Layout;
import java.util.Objects;
import java.util.function.Consumer;

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
 * @param sumGradient added to the gradient of the input, or null: see {@link #sumGradient(Tensor)}. Not modified, unless
 *     it is the output
 * @param weightTotal receives the gradient of the weight in addition to what it has, or null: see {@link #accumulate}
 * @param biasTotal the same for the bias
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
        Tensor shift,
        Tensor sumGradient,
        Tensor weightTotal,
        Tensor biasTotal) {

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
     * @param sumGradient or null
     * @param weightTotal or null
     * @param biasTotal or null
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
        this(layout, activation, residual, input, weight, bias, output, null, null, null, null, null);
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
        return changed(draft -> draft.layout = value);
    }

    /**
     * With another activation.
     *
     * @param value applied to the result
     * @return the changed options
     */
    public GradientOptions activation(Activation value) {
        return changed(draft -> draft.activation = value);
    }

    /**
     * With a tensor that was added to the input.
     *
     * @param value of the input's shape and type. Not modified
     * @return the changed options
     */
    public GradientOptions residual(Tensor value) {
        return changed(draft -> draft.residual = value);
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
        return changed(draft -> {
            draft.input = ofInput;
            draft.weight = ofWeight;
            draft.bias = ofBias;
        });
    }

    /**
     * With a tensor that receives the gradient of the input.
     *
     * @param value of the input's shape and type. Overwritten
     * @return the changed options
     */
    public GradientOptions output(Tensor value) {
        return changed(draft -> draft.output = value);
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
        return changed(draft -> {
            draft.scale = ofScale;
            draft.shift = ofShift;
        });
    }

    /**
     * With the gradient of the forward pass's {@code sum} (input plus residual), which is used elsewhere too, as in a
     * pre-norm block. It is added to the gradient of the input, which is rounded to its type before.
     *
     * @param value of the input's shape and type, or null. Not modified, unless it is the output
     * @return the changed options
     */
    public GradientOptions sumGradient(Tensor value) {
        return changed(draft -> draft.sumGradient = value);
    }

    /**
     * With tensors to which the gradients of weight and bias are added, as by PyTorch's {@code backward()}. {@link
     * Gradients} has null for these.
     *
     * @param ofWeight of the weight's shape and type, or null for a new tensor
     * @param ofBias of the bias's shape and type, or null for a new tensor
     * @return the changed options
     */
    public GradientOptions accumulate(Tensor ofWeight, Tensor ofBias) {
        return changed(draft -> {
            draft.weightTotal = ofWeight;
            draft.biasTotal = ofBias;
        });
    }

    /** What modulated the result. */
    ScaleShift scaleShift() {
        return ScaleShift.of(scale, shift);
    }

    private GradientOptions changed(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.options();
    }

    /** Options that are being changed. */
    private static final class Draft {
        private Layout layout;
        private Activation activation;
        private Tensor residual;
        private boolean input;
        private boolean weight;
        private boolean bias;
        private Tensor output;
        private Tensor scale;
        private Tensor shift;
        private Tensor sumGradient;
        private Tensor weightTotal;
        private Tensor biasTotal;

        Draft(GradientOptions of) {
            layout = of.layout;
            activation = of.activation;
            residual = of.residual;
            input = of.input;
            weight = of.weight;
            bias = of.bias;
            output = of.output;
            scale = of.scale;
            shift = of.shift;
            sumGradient = of.sumGradient;
            weightTotal = of.weightTotal;
            biasTotal = of.biasTotal;
        }

        GradientOptions options() {
            return new GradientOptions(
                    layout,
                    activation,
                    residual,
                    input,
                    weight,
                    bias,
                    output,
                    scale,
                    shift,
                    sumGradient,
                    weightTotal,
                    biasTotal);
        }
    }
}
