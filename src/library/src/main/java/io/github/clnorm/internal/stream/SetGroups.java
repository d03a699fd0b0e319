package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.runtime.Session;

/** How many sets a device merges at a time. */
final class SetGroups {

    // Half of the memory: the driver and other programs need some.
    private static final int SHARE_OF_MEMORY = 2;

    private SetGroups() {}

    /**
     * A number of sets.
     *
     * @param session the device
     * @param bytes of the sums of all blocks of a set
     * @param sets that are to be merged
     * @return at least 1, at most {@code sets}
     * @throws IllegalArgumentException when the sums of one set do not fit the device
     */
    static long atOnce(Session session, long bytes, long sets) {
        long limit = Math.min(
                Math.min(session.device().maxBuffer(), session.device().globalMemory() / SHARE_OF_MEMORY),
                Integer.MAX_VALUE);
        if (bytes > limit) {
            throw new IllegalArgumentException(
                    "the sums of the blocks of one set take " + bytes + " bytes, more than the " + limit + " that "
                            + session.device().description() + " takes at once");
        }
        return Math.min(sets, limit / bytes);
    }
}
