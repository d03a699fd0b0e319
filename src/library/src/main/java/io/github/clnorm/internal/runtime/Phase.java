package io.github.clnorm.internal.runtime;

/**
 * Which launches of a pass are enqueued. A tensor that does not fit the device goes through its phases in pieces, with the
 * strategy split. The sums of blocks are then in buffers of the caller, and have the order of the blocks of the whole tensor.
 *
 * <p>Immutable and thread-safe.
 */
public enum Phase {
    /** The whole pass. */
    ALL,
    /** Forward: the moments of the blocks of a piece. Backward: the sums of its blocks. */
    SUMS,
    /** Backward: sums across samples, if every element of a row has its own parameters. */
    SUMS_ACROSS_SAMPLES,
    /** Forward: the statistics of sets from the moments of all blocks. Backward: the means that dx takes. */
    MERGE,
    /** Backward: the gradients of parameters from the sums of all blocks. */
    PARAMETERS,
    /** Forward: y of a piece. Backward: dx of a piece. */
    RESULTS;

    /** Whether it reads sums of blocks, and neither x nor dy. */
    boolean merges() {
        return this == MERGE || this == PARAMETERS;
    }
}
