package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.runtime.Session;

/** How many sets a device merges at a time. */
final class SetGroups {

    // Half of the memory: the driver and other programs need some.
    private static final int SHARE_OF_MEMORY = 2;

    private SetGroups() {}

    /**
     * Rejects sets that a device cannot merge, before their elements are read.
     *
     * @param session the device
     * @param set a pass over one set
     * @param bytes of the sums of all its blocks
     * @throws IllegalArgumentException when the sums do not fit the device, or take it too many steps
     */
    static void check(Session session, Problem set, long bytes) {
        atOnce(session, bytes, 1);
        session.planner().againstRules(session.planner().split(set), set).ifPresent(reason -> {
            throw new IllegalArgumentException("a set of " + set.geometry().setSize() + " elements is too large for "
                    + session.device().description() + ": " + reason);
        });
    }

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
