package io.github.clnorm.internal.runtime;

/**
 * What a session has allocated on its device.
 *
 * <p>Immutable and thread-safe.
 *
 * @param inUse bytes of open buffers that the session allocated
 * @param pooled bytes that are kept for reuse
 * @param peak the most bytes that were in use at a time
 * @param buffers open buffers; tensors that share one count once
 * @param ofCaller bytes of callers' buffers that open tensors use
 */
public record AllocatedMemory(long inUse, long pooled, long peak, int buffers, long ofCaller) {}
