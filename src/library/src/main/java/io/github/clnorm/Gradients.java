package io.github.clnorm;

/**
 * The gradients of a loss from a backward pass. A gradient is null if it was not wanted, if the layer has no such
 * parameter, or if it was added to a tensor of the caller's ({@link GradientOptions#accumulate}). Immutable and thread-safe, as its tensors are.
 *
 * @param input dx, of the input's shape and type; also the gradient of a residual, which was added to the input. If the
 *     sum of both was used elsewhere too, {@link GradientOptions#sumGradient(Tensor)} adds the gradient of that use
 * @param weight dγ, of the weight's shape and type
 * @param bias dβ, of the bias's shape and type
 * @param scale of the scale's shape and type
 * @param shift of the shift's shape and type
 */
public record Gradients(Tensor input, Tensor weight, Tensor bias, Tensor scale, Tensor shift) implements AutoCloseable {

    /**
     * Gradients of a pass without scale and shift.
     *
     * @param input or null
     * @param weight or null
     * @param bias or null
     */
    public Gradients(Tensor input, Tensor weight, Tensor bias) {
        this(input, weight, bias, null, null);
    }

    /** Closes all tensors, the last one first; also an output of the caller's own. */
    @Override
    public void close() {
        if (shift != null) {
            shift.close();
        }
        if (scale != null) {
            scale.close();
        }
        if (bias != null) {
            bias.close();
        }
        if (weight != null) {
            weight.close();
        }
        if (input != null) {
            input.close();
        }
    }
}
