package io.github.clnorm.type;

/**
 * How a backend finds its launch parameters. They decide speed; results are the same bits with each.
 *
 * <p>Immutable and thread-safe.
 */
public enum Tuning {
    /** By heuristics alone. */
    OFF,
    /** By what was tuned before on this device, or comes with the library; else by heuristics. The default. */
    CACHED,
    /**
     * As {@link #CACHED}, but what has no result of its own is tuned when it is computed for the first time: that call takes
     * some seconds and device memory for several copies of its tensors; what it found is stored for later. Where it finds
     * nothing within 5 seconds, the heuristics decide, nothing is stored, and a warning is logged once a session.
     */
    NOW
}
