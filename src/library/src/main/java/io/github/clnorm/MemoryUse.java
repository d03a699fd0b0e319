package io.github.clnorm;

/**
 * The memory that a backend has allocated on its device, at one moment. Immutable and thread-safe.
 *
 * @param inUse bytes of open tensors
 * @param pooled bytes that are kept for reuse: the free list of closed tensors' buffers, and scratch memory of the
 *     passes. {@link Backend#trim()} frees them
 * @param peak the largest {@code inUse} since the backend was opened
 * @param tensors number of open tensors; views of the same memory count once
 */
public record MemoryUse(long inUse, long pooled, long peak, int tensors) {}
