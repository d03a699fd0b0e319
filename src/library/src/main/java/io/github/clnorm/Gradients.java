package io.github.clnorm;

/**
 * The gradients of a loss that a backward pass gives, each null where it was not asked for or there is nothing to have it.
 * Immutable and thread-safe, as its tensors are.
 *
 * @param input dx, of the input's shape and type; also the gradient of a residual, which was added to the input.
 *     Where the sum of both was used elsewhere too, that use's gradient has to be added
 * @param weight dγ, of the weight's shape and type
 * @param bias dβ, of the bias's shape and type
 */
public record Gradients(Tensor input, Tensor weight, Tensor bias) implements AutoCloseable {

    /** Closes all of them, the last first; also a tensor of the caller's own that the options named. */
    @Override
    public void close() {
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
