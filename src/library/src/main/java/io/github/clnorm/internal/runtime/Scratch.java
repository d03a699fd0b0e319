package io.github.clnorm.internal.runtime;

/** What a session's scratch buffers hold between the launches of a pass. */
enum Scratch {
    /** Moments of blocks. */
    MOMENTS,
    /** Means of sets that the caller does not need. */
    MEAN_HI,
    /** Their rounding errors. */
    MEAN_LO,
    /** 1 / sqrt(variance + eps) of sets that the caller does not need. */
    RSTD,
    /** Gradient sums of the blocks of sets. */
    SET_SUMS,
    /** Gradient sums across samples. */
    PARAMETER_SUMS,
    /** Gradients of the parameters of wide rows. */
    COLUMNS,
    /** Means of g of sets. */
    G,
    /** Means of g times xhat of sets. */
    G_OF_XHAT
}
