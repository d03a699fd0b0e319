package io.github.clnorm;

/**
 * The memory that a backend uses on its device, at one moment. Immutable and thread-safe.
 *
 * @param inUse bytes of open tensors that clnorm allocated
 * @param pooled bytes that are kept for reuse: the free list of closed tensors' buffers, and scratch memory of the
 *     passes. {@link Backend#trim()} frees them
 * @param peak the largest {@code inUse} since the backend was opened
 * @param tensors number of open tensors; views of the same memory count once
 * @param wrapped bytes of the caller's own buffers that open tensors are in, each buffer counted once and whole. clnorm
 *     did not allocate them: they count in none of the others
 */
public record MemoryUse(long inUse, long pooled, long peak, int tensors, long wrapped) {

    /**
     * The use of a backend that holds no buffers of the caller.
     *
     * @param inUse bytes of open tensors
     * @param pooled bytes that are kept for reuse
     * @param peak the largest {@code inUse}
     * @param tensors number of open tensors
     */
    public MemoryUse(long inUse, long pooled, long peak, int tensors) {
        this(inUse, pooled, peak, tensors, 0);
    }
}
