package io.github.clnorm.internal.runtime;

/**
 * What a session has allocated on its device.
 *
 * <p>Immutable and thread-safe.
 *
 * @param inUse bytes of open buffers
 * @param pooled bytes that are kept for reuse
 * @param peak the most bytes that were in use at a time
 * @param buffers open buffers
 */
public record AllocatedMemory(long inUse, long pooled, long peak, int buffers) {}
