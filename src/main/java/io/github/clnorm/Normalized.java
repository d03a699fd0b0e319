package io.github.clnorm;

/**
 * What a normalization gives.
 *
 * @param output y, of the input's shape and type; the caller's own tensor where the options named one
 * @param mean the mean of every set, float32 (float64 for float64); null for rms_norm, which takes none, and where
 *     running statistics were used
 * @param rstd 1 / sqrt(variance + eps) of every set, with the biased variance; of mean's shape and type; null where
 *     running statistics were used
 */
public record Normalized(Tensor output, Tensor mean, Tensor rstd) implements AutoCloseable {

    /** Closes all of them. */
    @Override
    public void close() {
        output.close();
        if (mean != null) {
            mean.close();
        }
        if (rstd != null) {
            rstd.close();
        }
    }
}
