package io.github.clnorm.spark;

import io.github.clnorm.Fingerprint;
import io.github.clnorm.Tensor;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;

/** Normalizes batches on a device, in place. For one task; not thread-safe. */
interface DevicePass extends AutoCloseable {
    /** What computes the batches. */
    Fingerprint fingerprint();

    /**
     * Enqueues a batch.
     *
     * @param elements the batch, a whole number of samples; the device may work on this memory until {@link #finish}
     * @return the tensor that becomes the result
     */
    Tensor enqueue(ElementType type, ByteBuffer elements);

    /** Waits for a batch, copies its result into the memory that it came from, and closes the tensor. */
    void finish(Tensor batch, ByteBuffer elements);

    /** Frees device memory that is kept for reuse. */
    void trim();

    @Override
    void close();
}
