package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import java.util.Locale;

/** Where the tensors of a call are before it starts, the same for all peers. */
enum Cache {
    /** In memory: calls cycle through more copies of the tensors than the last-level cache holds. */
    ROTATED(""),
    /** In a cache, if they fit: all calls use the same tensors. */
    CACHED(", cached"),
    /**
     * Where a network has them: a call reads what the call before it wrote, and writes to the tensor that the call before
     * it read. Forward, the first call of a chain always reads the same tensor. Backward, this holds for dy and dx, and
     * each call has another x, from memory, as activations that the forward pass saved.
     */
    CHAINED("");

    private static final long MEGABYTE = 1 << 20;
    private static final long BEYOND_CACHES = 128 * MEGABYTE;
    private static final long WITHIN_CACHES = 32 * MEGABYTE;
    private static final int MOST_SLOTS = 4096;

    private final String suffix;

    Cache(String suffix) {
        this.suffix = suffix;
    }

    static Cache parse(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** The tensors that one call reads and writes. */
    private static long bytes(Workload workload, Direction direction) {
        return workload.transits(direction) * workload.bytes();
    }

    /** Whether a workload can be measured this way: tensors larger than the caches cannot be cached. */
    boolean has(Workload workload, Direction direction) {
        return this != CACHED || bytes(workload, direction) <= WITHIN_CACHES;
    }

    /** How many copies of the tensors the calls cycle through; in a chain, how many copies of x. */
    int slots(Workload workload, Direction direction) {
        return switch (this) {
            case CACHED -> 1;
            case ROTATED -> slots(bytes(workload, direction));
            case CHAINED -> direction == Direction.FORWARD ? 1 : slots(workload.bytes());
        };
    }

    private static int slots(long bytes) {
        return (int) Math.min(MOST_SLOTS, Math.max(2, BEYOND_CACHES / bytes + 1));
    }

    /** What the heading of a column adds to the peer's name. */
    String suffix() {
        return suffix;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
