package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import java.util.Locale;

/** Where the tensors of a call are before it starts. */
enum Cache {
    /** In memory: calls cycle through more copies of the tensors than the last-level cache holds. */
    ROTATED,
    /** In a cache, if they fit: all calls use the same tensors. */
    CACHED;

    private static final long MEGABYTE = 1 << 20;
    private static final long BEYOND_CACHES = 128 * MEGABYTE;
    private static final long WITHIN_CACHES = 32 * MEGABYTE;
    private static final int MOST_SLOTS = 4096;

    static Cache parse(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** The tensors that one call reads and writes. */
    private static long bytes(Workload workload, Direction direction) {
        return direction.transits() * workload.bytes();
    }

    /** Whether a workload can be measured this way: tensors larger than the caches cannot be cached. */
    boolean has(Workload workload, Direction direction) {
        return this == ROTATED || bytes(workload, direction) <= WITHIN_CACHES;
    }

    /** How many copies of the tensors the calls cycle through. */
    int slots(Workload workload, Direction direction) {
        if (this == CACHED) {
            return 1;
        }
        return (int) Math.min(MOST_SLOTS, Math.max(2, BEYOND_CACHES / bytes(workload, direction) + 1));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
