package io.github.clnorm.spark;

import io.github.clnorm.Fingerprint;

/** Counts what a task does for a partition. For one task; not thread-safe. */
interface PartitionWork {
    /** The partition's index. */
    int partition();

    /** Time that the task spent enqueueing and waiting. */
    void waited(long nanoseconds);

    /** The device had no memory for a batch, which was computed in halves. */
    void fellBack();

    /**
     * A batch is complete.
     *
     * @param device what computed it; null if it has rows without a valid sample only
     */
    void computed(Fingerprint device, int samples, int invalid, long bytes);

    /** All rows of the partition are computed. */
    void ended();
}
