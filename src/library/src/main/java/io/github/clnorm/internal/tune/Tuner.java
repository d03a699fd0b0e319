package io.github.clnorm.internal.tune;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.Session;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Searches for the fastest plan of a pass on a device.
 *
 * <p>The search starts with the heuristic's plan. It times this plan and the plans that differ from it in one parameter in
 * turn, each pass from enqueue to finished, and drops the slower half repeatedly. It continues from the plan that is left,
 * until none is faster or the time is over. The last plan must then beat the heuristic's plan by more than noise, in rounds
 * of the two.
 *
 * <p>Before a plan is timed, its results are compared with those of the heuristic's plan, bit for bit. A plan that does not
 * build, needs a smaller work-group or fails is rejected, and the search continues.
 *
 * <p>Not thread-safe.
 */
public final class Tuner {

    private final Session session;
    private final LongSupplier clock;
    private final BooleanSupplier stop;
    private final Progress progress;

    /** Receives the progress of a search. */
    @FunctionalInterface
    public interface Progress {
        /** Ignores it. */
        Progress NONE = (plan, tried, known) -> {};

        /**
         * Called before a plan is tried.
         *
         * @param plan the plan
         * @param tried plans that were tried before
         * @param known plans to try in all, as far as is known now
         */
        void trying(Plan plan, int tried, int known);
    }

    /**
     * A tuner on a device.
     *
     * @param session the device
     * @param clock a clock in nanoseconds
     * @param stop returns true to end the search
     * @param progress receives the progress
     */
    public Tuner(Session session, LongSupplier clock, BooleanSupplier stop, Progress progress) {
        this.session = session;
        this.clock = clock;
        this.stop = stop;
        this.progress = progress;
    }

    /**
     * Searches for the fastest plan of a pass.
     *
     * @param problem what is computed, not empty, and not by given statistics
     * @param budget nanoseconds, including the driver's compiler
     * @return the result
     * @throws DifferentBitsException if a plan gives other bits than the heuristic's
     * @throws ClException if not even the heuristic's plan runs
     */
    public Tuned tune(Problem problem, long budget) {
        long start = clock.getAsLong();
        try (Work work = Work.of(session, problem)) {
            return new Search(work, clock, stop, progress).run(start, budget);
        } finally {
            // Releases the memory of the copies.
            session.trim();
        }
    }
}
