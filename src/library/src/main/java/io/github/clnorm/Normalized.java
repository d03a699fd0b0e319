package io.github.clnorm;

/**
 * The results of a normalization. Immutable and thread-safe, as its tensors are.
 *
 * @param output y, of the input's shape and type; the caller's own tensor if the options named one
 * @param mean the mean of every set, float32 (float64 for float64): the high part of a high/low pair. Null for
 *     rms_norm, which takes no mean, and if running statistics normalized
 * @param meanLo the low part of the mean as a high/low pair, of mean's shape and type, and null where that is
 * @param rstd 1 / sqrt(variance + eps) of every set, with the biased variance; of mean's shape and type; null if
 *     running statistics normalized
 */
public record Normalized(Tensor output, Tensor mean, Tensor meanLo, Tensor rstd) implements AutoCloseable {

    /**
     * The statistics, which the backward pass takes. The tensors are the same, so that closing either closes both.
     *
     * @return the mean and rstd; null if running statistics normalized
     */
    public Saved saved() {
        return rstd == null ? null : new Saved(mean, meanLo, rstd);
    }

    /**
     * Closes all tensors, also an output of the caller's own. The last one is closed first, so that a loop gets the
     * same memory for the same tensor in each turn.
     */
    @Override
    public void close() {
        if (rstd != null) {
            saved().close();
        }
        output.close();
    }
}
