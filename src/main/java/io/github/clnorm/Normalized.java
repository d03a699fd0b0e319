package io.github.clnorm;

/**
 * What a normalization gives.
 *
 * @param output y, of the input's shape
 * @param mean the mean of every set, float32; for group_norm of shape {@code (N, G)}
 * @param rstd 1 / sqrt(variance + eps) of every set, float32, of the same shape. The variance is the biased one
 */
public record Normalized(Tensor output, Tensor mean, Tensor rstd) implements AutoCloseable {

    /** Closes all three. */
    @Override
    public void close() {
        output.close();
        mean.close();
        rstd.close();
    }
}
