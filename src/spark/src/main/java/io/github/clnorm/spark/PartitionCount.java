package io.github.clnorm.spark;

import io.github.clnorm.Fingerprint;
import java.io.Serializable;

/**
 * What the latest task of a partition computed. Immutable.
 *
 * @param device of the task; null if no device was needed
 * @param samples with a result
 * @param invalid rows without a valid sample
 */
record PartitionCount(Fingerprint device, long samples, long invalid) implements Serializable {
    static final PartitionCount NONE = new PartitionCount(null, 0, 0);

    PartitionCount plus(Fingerprint of, long some, long bad) {
        return new PartitionCount(of == null ? device : of, samples + some, invalid + bad);
    }
}
