package io.github.clnorm;

/**
 * What a backward pass needs to know of the forward pass: the statistics that every set was normalized by, one of each a
 * set, float32 (float64 for float64). Immutable and thread-safe, as its tensors are.
 *
 * @param mean the mean; ignored for rms_norm, and may be null there
 * @param meanRest the low part of the mean as a high/low pair, or null for 0. Without it x - mean is off by up to 6e-8 |mean| where
 *     statistics are float32, which is seen in the gradients of sets whose mean is large next to their deviation
 * @param rstd 1 / sqrt(variance + eps), with the biased variance
 */
public record Saved(Tensor mean, Tensor meanRest, Tensor rstd) implements AutoCloseable {

    /** Closes all of them, the last first. */
    @Override
    public void close() {
        if (rstd != null) {
            rstd.close();
        }
        if (meanRest != null) {
            meanRest.close();
        }
        if (mean != null) {
            mean.close();
        }
    }
}
