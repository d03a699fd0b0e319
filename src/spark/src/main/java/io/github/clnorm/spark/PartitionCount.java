package io.github.clnorm.spark;

import io.github.clnorm.Fingerprint;
import java.io.Serializable;

/**
 * What a task computed of a partition. Immutable.
 *
 * @param device of the task; null if no device was needed
 * @param samples with a result
 * @param invalid rows without a valid sample
 * @param complete whether the task has read all rows
 */
record PartitionCount(Fingerprint device, long samples, long invalid, boolean complete) implements Serializable {
    static final PartitionCount NONE = new PartitionCount(null, 0, 0, false);

    PartitionCount plus(Fingerprint of, long some, long bad) {
        return new PartitionCount(of == null ? device : of, samples + some, invalid + bad, complete);
    }

    PartitionCount ofAllRows() {
        return new PartitionCount(device, samples, invalid, true);
    }

    /** Which of two tasks counts: the later one, unless it has read a part of the rows and this one all or more. */
    PartitionCount or(PartitionCount later) {
        boolean hasMore = complete || samples + invalid > later.samples + later.invalid;
        return !later.complete && hasMore ? this : later;
    }
}
