package io.github.clnorm;

/**
 * The statistics of a forward pass, which its backward pass needs: one of each per set, float32 (float64 for float64).
 * Immutable and thread-safe, as its tensors are.
 *
 * @param mean the high part of the mean; ignored for rms_norm, where it may be null
 * @param meanLo the low part of the mean as a high/low pair, or null for 0. Without it, x - mean has an error of up
 *     to 6e-8 |mean| for float32 statistics, which shows in the gradients of sets whose mean is large compared to their
 *     deviation
 * @param rstd 1 / sqrt(variance + eps), with the biased variance
 */
public record Saved(Tensor mean, Tensor meanLo, Tensor rstd) implements AutoCloseable {

    /** Closes all tensors, the last one first. */
    @Override
    public void close() {
        if (rstd != null) {
            rstd.close();
        }
        if (meanLo != null) {
            meanLo.close();
        }
        if (mean != null) {
            mean.close();
        }
    }
}
