package io.github.clnorm.internal.tune;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.timing.Plausibility;
import io.github.clnorm.internal.timing.Spread;
import java.lang.System.Logger.Level;
import java.util.function.LongSupplier;

/** A plan in the search. Each run uses the next copy of the tensors. A failed run rejects the plan. */
final class Contender implements Runnable {

    private static final System.Logger LOG = System.getLogger(Contender.class.getName());
    private static final int FIRST_TRIES = 2;

    private final Track track;
    private final Plan plan;
    private long first;
    private double nanoseconds = Double.MAX_VALUE;
    private boolean failed;

    Contender(Track track, Plan plan) {
        this.track = track;
        this.plan = plan;
    }

    Plan plan() {
        return plan;
    }

    /** The shortest time of the first tries, or of a stage. */
    long first() {
        return first;
    }

    /** The median of the last stage; {@link Double#MAX_VALUE} before, and after a failure. */
    double nanoseconds() {
        return nanoseconds;
    }

    boolean hasFailed() {
        return failed;
    }

    boolean isTimed() {
        return !failed && nanoseconds < Double.MAX_VALUE;
    }

    @Override
    public void run() {
        if (failed) {
            return;
        }
        try {
            track.work().run(plan, track.nextCopy());
        } catch (ClException e) {
            if (track.isReference(plan)) {
                throw e;
            }
            fail(e.getMessage());
        }
    }

    private void fail(String reason) {
        failed = true;
        track.reject(plan, reason);
    }

    /** Times the first tries. As in rounds, a timed run follows one of the same plan. */
    void tryFirst(LongSupplier clock) {
        first = Long.MAX_VALUE;
        run();
        for (int i = 0; i < FIRST_TRIES; i++) {
            long start = clock.getAsLong();
            run();
            first = Math.min(first, clock.getAsLong() - start);
        }
    }

    /** Uses the median of a stage for later comparisons. */
    void takeMedian() {
        first = Math.min(first, (long) nanoseconds);
    }

    /**
     * Receives the times of a stage. Times below the shortest plausible one reject the plan.
     *
     * @param times nanoseconds; none if the search was stopped
     */
    void take(long[] times, double shortest) {
        if (times.length == 0) {
            return;
        }
        if (!failed && !track.isReference(plan) && Plausibility.believed(times, shortest).length < times.length) {
            fail("its times are implausible: faster than four copies of the tensor");
        }
        Spread spread = Spread.of(times);
        LOG.log(
                Level.DEBUG,
                "{0} takes {1} us for {2}",
                plan,
                spread,
                track.work().grouping());
        nanoseconds = failed ? Double.MAX_VALUE : spread.median() * 1e3;
    }
}
