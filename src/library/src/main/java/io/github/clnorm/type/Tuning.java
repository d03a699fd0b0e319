package io.github.clnorm.type;

/**
 * How a backend finds its launch parameters. They affect speed only; results have the same bits.
 *
 * <p>Immutable and thread-safe.
 */
public enum Tuning {
    /** From heuristics alone. */
    OFF,
    /** From earlier tuning on this device or the results that the library ships, else from heuristics. The default. */
    CACHED,
    /**
     * As {@link #CACHED}, but a problem without a result of its own is tuned when it is first computed. That call takes
     * some seconds, and device memory for several copies of its tensors; the result is stored. If the search finds
     * nothing within 5 seconds, the heuristics decide, nothing is stored, and a warning is logged once per session.
     */
    NOW
}
