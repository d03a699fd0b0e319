package io.github.clnorm.tools.survey;

import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** The time of a survey. Stages end at shares of it, so that a slow stage shortens the others but never removes them. */
final class TimeBudget {

    private final LongSupplier clock;
    private final long start;
    private final long nanoseconds;
    private final BooleanSupplier interrupted;

    /**
     * Starts now.
     *
     * @param clock of nanoseconds
     * @param nanoseconds of the whole survey
     * @param interrupted whether the user has ended it
     */
    TimeBudget(LongSupplier clock, long nanoseconds, BooleanSupplier interrupted) {
        this.clock = clock;
        this.start = clock.getAsLong();
        this.nanoseconds = nanoseconds;
        this.interrupted = interrupted;
    }

    /** Nanoseconds until a share of the whole time has passed; 0 if it has passed or the user has ended the survey. */
    long left(double share) {
        return interrupted.getAsBoolean() ? 0 : Math.max(0, (long) (share * nanoseconds) - passed());
    }

    /** True from the time on when a share of the whole time has passed, or the user has ended the survey. */
    BooleanSupplier after(double share) {
        return () -> left(share) == 0;
    }

    /** Nanoseconds since the start. */
    long passed() {
        return clock.getAsLong() - start;
    }

    /** Whether the user has ended the survey. */
    boolean isInterrupted() {
        return interrupted.getAsBoolean();
    }
}
