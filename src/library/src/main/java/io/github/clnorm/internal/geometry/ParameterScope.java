package io.github.clnorm.internal.geometry;

/** Which sets share a weight and a bias. Immutable and thread-safe. */
public enum ParameterScope {
    /** Sets of the same group, in all samples. */
    PER_GROUP,
    /** No other set: each has its own. For work across rows. */
    PER_SET,
    /** All sets of a sample. For work along rows. */
    PER_SAMPLE
}
