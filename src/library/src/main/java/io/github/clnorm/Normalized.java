package io.github.clnorm;

/**
 * What a normalization gives. Immutable and thread-safe, as its tensors are.
 *
 * @param output y, of the input's shape and type; the caller's own tensor where the options named one
 * @param mean the mean of every set, float32 (float64 for float64); null for rms_norm, which takes none, and where
 *     running statistics were used
 * @param meanRest the low part of the mean as a high/low pair, of mean's shape and type, and null where that is
 * @param rstd 1 / sqrt(variance + eps) of every set, with the biased variance; of mean's shape and type; null where
 *     running statistics were used
 */
public record Normalized(Tensor output, Tensor mean, Tensor meanRest, Tensor rstd) implements AutoCloseable {

    /**
     * The statistics, as the backward pass takes them. Closing either closes the same tensors.
     *
     * @return mean, its rest and rstd; null where running statistics were used
     */
    public Saved saved() {
        return rstd == null ? null : new Saved(mean, meanRest, rstd);
    }

    /** Closes all of them, also an output of the caller's own, the last first: so a loop gets the same memory in the same places every time. */
    @Override
    public void close() {
        if (rstd != null) {
            saved().close();
        }
        output.close();
    }
}
