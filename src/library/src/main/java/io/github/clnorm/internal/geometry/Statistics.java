package io.github.clnorm.internal.geometry;

/** The moments that normalize a set. Immutable and thread-safe. */
public enum Statistics {
    /** Its own mean and variance. */
    MEAN_AND_VARIANCE,
    /** Its own mean square, without a mean: RMSNorm. */
    MEAN_SQUARE,
    /** A given mean and variance: running statistics in evaluation. */
    GIVEN
}
