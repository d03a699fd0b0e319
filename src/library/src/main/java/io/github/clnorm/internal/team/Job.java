package io.github.clnorm.internal.team;

import java.util.function.IntConsumer;

/** A job of a {@link Team}: some parts that its threads share. */
public interface Job {

    /**
     * The number of parts.
     *
     * @return more than 0
     */
    long parts();

    /**
     * The fewest parts that a thread takes at a time, unless fewer are left.
     *
     * @return more than 0; small enough that threads end at about the same time, and large enough that taking parts costs
     *     little
     */
    long fewest();

    /**
     * Does some parts.
     *
     * @param seat the thread's, which no other thread uses meanwhile
     * @param from the first part
     * @param end the part after the last
     */
    void run(int seat, long from, long end);

    /**
     * Whether only helpers may do it, whose stacks are large.
     *
     * @return false if a waiting thread may do parts, too
     */
    default boolean needsHelpers() {
        return false;
    }

    /**
     * A job of one part.
     *
     * @param action what it does; takes the seat of its thread
     * @return the job
     */
    static Job of(IntConsumer action) {
        return new Job() {
            @Override
            public long parts() {
                return 1;
            }

            @Override
            public long fewest() {
                return 1;
            }

            @Override
            public void run(int seat, long from, long end) {
                action.accept(seat);
            }
        };
    }
}
