package io.github.clnorm.internal.geometry;

/** Which moments a set is normalized by. Immutable and thread-safe. */
public enum Statistics {
    /** Its own mean and variance. */
    MEAN_AND_VARIANCE,
    /** Its own mean square, without taking a mean: RMSNorm. */
    MEAN_SQUARE,
    /** A mean and a variance that are known: running statistics in evaluation. */
    GIVEN
}
