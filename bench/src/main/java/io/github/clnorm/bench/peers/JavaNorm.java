package io.github.clnorm.bench.peers;

/** A normalization in plain Java. The forward pass keeps mean and rstd for the backward pass. */
interface JavaNorm {

    /** Computes y from x. */
    void forward(float[] x, float[] y);

    /** Computes dx, dγ and dβ from x, dy and the saved statistics of the last forward pass. */
    void backward(float[] x, float[] dy, float[] dx, float[] dgamma, float[] dbeta);
}
