package io.github.clnorm;

/**
 * What a backend has allocated on its device at one moment. Immutable and thread-safe.
 *
 * @param inUse bytes of open tensors
 * @param pooled bytes that are kept for reuse: of closed tensors, and scratch memory of the passes. {@link Backend#trim()}
 *     gives them back
 * @param peak the most bytes that were in use at a time since the backend was opened
 * @param tensors open tensors, of which views of the same memory count once
 */
public record MemoryUse(long inUse, long pooled, long peak, int tensors) {}
