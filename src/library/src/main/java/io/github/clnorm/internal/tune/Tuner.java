package io.github.clnorm.internal.tune;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.Copy;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.internal.timing.Interleaved;
import io.github.clnorm.internal.timing.Plausibility;
import io.github.clnorm.internal.timing.Spread;
import io.github.clnorm.internal.tune.Tuned.Ending;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Searches the fastest plan for a pass on a device. It begins with the heuristic's plan, times it and those that differ
 * from it in one parameter in turn, the whole pass from enqueue to finished; drops the slower half again and again, and
 * goes on from the one that is left, until none is faster or the time is over. What is left must then beat the heuristic's
 * plan by more than noise, in rounds of the two alone.
 *
 * <p>Before a plan is timed its results are compared with the heuristic's, bit for bit. A plan that does not build, needs
 * a smaller work-group or fails is out, and the search goes on.
 *
 * <p>Not thread-safe.
 */
public final class Tuner {

    private static final System.Logger LOG = System.getLogger(Tuner.class.getName());

    /** A winner takes less than this share of the heuristic's time, in the median of rounds. */
    static final double WINS_BELOW = 0.97;

    // And is the faster one in this share of the rounds.
    private static final double WINS_IN_ROUNDS = 0.75;
    private static final int CONFIRMING_ROUNDS = 11;
    private static final int MOST_CONFIRMING_ROUNDS = 300;
    // Of the budget: what confirming takes at most; it must not be spent on the search.
    private static final int CONFIRMING_SHARE = 5;
    private static final long MOST_CONFIRMING = TimeUnit.SECONDS.toNanos(1);
    // The search goes on from a plan that takes less than this share of the time of the one before.
    private static final double BETTER_BELOW = 0.99;
    // A plan that takes so many times the best one's time, when it is tried first, is out at once.
    private static final double LOSES_ABOVE = 1.6;
    private static final int FIRST_TRIES = 2;
    // A stage of halving goes on for so long, so that short passes are timed often.
    private static final long STAGE = TimeUnit.MILLISECONDS.toNanos(60);
    private static final int STAGE_ROUNDS = 3;
    private static final int MOST_STAGE_ROUNDS = 100;
    private static final int MOST_STEPS = 8;
    private static final int COPY_TRIES = 5;
    // Plans that must have been timed beside the heuristic's before a search that ran out of time says that it is the
    // best.
    private static final int ENOUGH_TRIED = 4;

    private final Session session;
    private final LongSupplier clock;
    private final BooleanSupplier stop;
    private final Progress progress;
    private final Interleaved interleaved;

    /** Told how the search goes. */
    @FunctionalInterface
    public interface Progress {
        /** Tells nobody. */
        Progress NONE = (plan, tried, known) -> {};

        /**
         * A plan is about to be tried.
         *
         * @param plan which
         * @param tried how many were before
         * @param known how many there are to try, as far as is known now
         */
        void trying(Plan plan, int tried, int known);
    }

    /**
     * A tuner on a device.
     *
     * @param session the device
     * @param clock of nanoseconds
     * @param stop whether somebody wants it to end
     * @param progress told how it goes
     */
    public Tuner(Session session, LongSupplier clock, BooleanSupplier stop, Progress progress) {
        this.session = session;
        this.clock = clock;
        this.stop = stop;
        this.progress = progress;
        this.interleaved = new Interleaved(clock, stop);
    }

    /**
     * Searches for the fastest plan of a pass.
     *
     * @param problem what is computed, not empty, and not by given statistics
     * @param budget nanoseconds, the driver's compiler included
     * @return what was found
     * @throws DifferentBitsException when a plan gives other bits than the heuristic's
     * @throws ClException when not even the heuristic's plan runs
     */
    public Tuned tune(Problem problem, long budget) {
        long start = clock.getAsLong();
        try (Work work = Work.of(session, problem)) {
            return new Search(work, start, budget).run();
        } finally {
            // The copies' memory is for others now.
            session.trim();
        }
    }

    /** One search. */
    private final class Search {
        private final Work work;
        private final long end;
        private final long confirming;
        private final Candidates candidates;
        private final Contender heuristic;
        private final Set<Plan> seen = new HashSet<>();
        private final List<Tuned.Rejected> rejected = new ArrayList<>();
        private Results results;
        private int timed = 1;
        private boolean allTried;
        private int copy;

        Search(Work work, long start, long budget) {
            this.work = work;
            this.confirming = Math.min(MOST_CONFIRMING, budget / CONFIRMING_SHARE);
            this.end = start + budget - confirming;
            this.candidates = new Candidates(work.geometry, session.device(), plan -> work.againstRules(plan)
                    .isEmpty());
            this.heuristic = new Contender(work.heuristic());
        }

        private boolean over() {
            return stop.getAsBoolean() || clock.getAsLong() - end >= 0;
        }

        Tuned run() {
            results = new Results(work, heuristic.plan);
            seen.add(heuristic.plan);
            // Pages that nobody has touched yet cost more than the pass itself.
            for (int i = 0; i < work.copies() && (i == 0 || !over()); i++) {
                work.run(heuristic.plan, i);
            }
            double shortest = Plausibility.shortest(work.transits(), copyNanoseconds());
            heuristic.first = firstTime(heuristic);
            Contender best = heuristic;
            for (int step = 0; step < MOST_STEPS && !over(); step++) {
                List<Contender> contenders = contenders(best);
                Contender next = contenders.isEmpty() ? best : fastest(best, contenders, shortest);
                if (next == best) {
                    break;
                }
                best = next;
            }
            return confirmed(best, shortest);
        }

        /** The neighbours of a plan that run and are not much slower, each checked. */
        private List<Contender> contenders(Contender around) {
            List<Plan> plans =
                    candidates.around(around.plan).stream().filter(seen::add).toList();
            List<Contender> contenders = new ArrayList<>();
            allTried = false;
            for (int i = 0; i < plans.size() && !over(); i++) {
                allTried = i + 1 == plans.size();
                Plan plan = plans.get(i);
                progress.trying(plan, timed + rejected.size(), timed + rejected.size() + plans.size() - i);
                Contender contender = new Contender(plan);
                if (runs(contender)) {
                    timed++;
                    contender.first = firstTime(contender);
                    if (contender.failure == null && contender.first <= LOSES_ABOVE * around.first) {
                        contenders.add(contender);
                    }
                }
            }
            return contenders;
        }

        /** Builds a plan's kernels and compares its results; what does not work is out. */
        private boolean runs(Contender contender) {
            Optional<String> problem;
            try {
                problem = work.problem(contender.plan);
                if (problem.isEmpty()) {
                    results.check(contender.plan);
                }
            } catch (ClException | IllegalArgumentException e) {
                problem = Optional.of(e.getMessage());
            }
            problem.ifPresent(reason -> reject(contender.plan, reason));
            return problem.isEmpty();
        }

        private void reject(Plan plan, String reason) {
            LOG.log(Level.DEBUG, "{0} is out for {1}: {2}", plan, work.grouping(), reason);
            rejected.add(new Tuned.Rejected(plan, reason));
        }

        private long firstTime(Contender contender) {
            long shortest = Long.MAX_VALUE;
            // As in rounds: a timed call follows one of its own.
            contender.run();
            for (int i = 0; i < FIRST_TRIES; i++) {
                long start = clock.getAsLong();
                contender.run();
                shortest = Math.min(shortest, clock.getAsLong() - start);
            }
            return shortest;
        }

        /** The fastest of the neighbours, or the one in their midst where none is faster. */
        private Contender fastest(Contender best, List<Contender> neighbours, double shortest) {
            List<Contender> left = neighbours;
            int rounds = STAGE_ROUNDS;
            while (true) {
                List<Contender> all = new ArrayList<>(left);
                all.add(best);
                // A stage of long passes takes few rounds, one of short passes many.
                List<long[]> times = time(all, new Interleaved.Limits(0, STAGE, rounds, MOST_STAGE_ROUNDS));
                for (int i = 0; i < all.size(); i++) {
                    all.get(i).take(times.get(i), shortest);
                }
                left = left.stream()
                        .filter(Contender::isTimed)
                        .sorted(Comparator.comparingDouble(contender -> contender.nanoseconds))
                        .limit((left.size() + 1) / 2)
                        .toList();
                if (left.isEmpty() || stop.getAsBoolean()) {
                    return best;
                }
                if (all.size() == 2 || over()) {
                    Contender first = left.get(0);
                    first.first = Math.min(first.first, (long) first.nanoseconds);
                    return first.nanoseconds < BETTER_BELOW * best.nanoseconds ? first : best;
                }
                rounds *= 2;
            }
        }

        private List<long[]> time(List<Contender> contenders, Interleaved.Limits limits) {
            return interleaved.time(new ArrayList<>(contenders), limits);
        }

        /** Whether the best one beats the heuristic's plan, in rounds of the two. */
        private Tuned confirmed(Contender best, double shortest) {
            boolean same = best == heuristic;
            List<long[]> times = time(
                    same ? List.of(heuristic) : List.of(heuristic, best),
                    new Interleaved.Limits(confirming / 10, confirming, CONFIRMING_ROUNDS, MOST_CONFIRMING_ROUNDS));
            long[] ofHeuristic = times.get(0);
            long[] ofBest = times.get(times.size() - 1);
            if (ofHeuristic.length == 0 || stop.getAsBoolean() && ofHeuristic.length < CONFIRMING_ROUNDS) {
                return tuned(Ending.STOPPED, heuristic.plan, Double.NaN, Double.NaN);
            }
            if (Plausibility.believed(ofHeuristic, shortest).length <= ofHeuristic.length / 2) {
                return tuned(Ending.IMPLAUSIBLE, heuristic.plan, Double.NaN, Double.NaN);
            }
            double heuristicTime = Spread.of(ofHeuristic).median();
            double time = Spread.of(ofBest).median();
            if (best.failure == null && time < heuristicTime && beats(ofBest, ofHeuristic, shortest)) {
                return tuned(Ending.FASTER, best.plan, time, heuristicTime);
            }
            if (!allTried && timed <= ENOUGH_TRIED) {
                return tuned(Ending.OUT_OF_TIME, heuristic.plan, Double.NaN, Double.NaN);
            }
            return tuned(Ending.HEURISTIC, heuristic.plan, heuristicTime, heuristicTime);
        }

        private Tuned tuned(Ending ending, Plan plan, double time, double heuristicTime) {
            return new Tuned(
                    work.grouping(), ending, plan, heuristic.plan, time, heuristicTime, timed, List.copyOf(rejected));
        }

        private boolean beats(long[] times, long[] heuristicTimes, double shortest) {
            if (Plausibility.believed(times, shortest).length < times.length) {
                return false;
            }
            double[] shares = new double[times.length];
            Arrays.setAll(shares, i -> (double) times[i] / Math.max(1, heuristicTimes[i]));
            Arrays.sort(shares);
            return shares[shares.length / 2] <= WINS_BELOW
                    && Arrays.stream(shares).filter(share -> share < 1).count() >= WINS_IN_ROUNDS * shares.length;
        }

        /** The time of a good copy of the tensor; 0 where none runs. */
        private double copyNanoseconds() {
            DeviceBuffer[] pair = work.pair(0);
            double best = 0;
            for (Copy.Plan plan : copies()) {
                try {
                    long[] times = new long[COPY_TRIES];
                    for (int i = 0; i < COPY_TRIES; i++) {
                        long start = clock.getAsLong();
                        Copy.enqueue(session, plan, pair[0], pair[1]);
                        session.finish();
                        times[i] = clock.getAsLong() - start;
                    }
                    // The first time the driver compiles.
                    double time = Arrays.stream(times).skip(1).min().orElseThrow();
                    best = best == 0 ? time : Math.min(best, time);
                } catch (ClException e) {
                    LOG.log(Level.DEBUG, "no copy by {0}: {1}", plan, e.getMessage());
                }
            }
            return best;
        }

        private List<Copy.Plan> copies() {
            if (Quirks.prefersVectorsToWorkItems(session.device())) {
                return List.of(
                        new Copy.Plan(1, 16, 1 << 16, false, Quirks.prefetches(session.device())),
                        new Copy.Plan(1, 16, 1 << 16, true, false));
            }
            int width = Quirks.prefersWorkItemsToVectors(session.device()) ? 1 : 4;
            int group = Integer.highestOneBit(
                    Math.max(1, Math.min(256, session.device().maxWorkGroupSize())));
            return List.of(new Copy.Plan(group, width, 4L * group * width, false, false));
        }

        /** A plan in the race. It runs on the next copy of the tensors each time. */
        private final class Contender implements Runnable {
            private final Plan plan;
            private long first;
            private double nanoseconds = Double.MAX_VALUE;
            private RuntimeException failure;

            Contender(Plan plan) {
                this.plan = plan;
            }

            @Override
            public void run() {
                if (failure != null) {
                    return;
                }
                copy = (copy + 1) % work.copies();
                try {
                    work.run(plan, copy);
                } catch (ClException e) {
                    if (this == heuristic) {
                        throw e;
                    }
                    failure = e;
                    reject(plan, e.getMessage());
                }
            }

            /** The median of a stage; what failed, or cannot be true, has none. */
            void take(long[] times, double shortest) {
                if (times.length == 0) {
                    return;
                }
                if (failure == null
                        && this != heuristic
                        && Plausibility.believed(times, shortest).length < times.length) {
                    failure = new IllegalStateException("implausible");
                    reject(plan, "its times are implausible: faster than four copies of the tensor");
                }
                Spread spread = Spread.of(times);
                LOG.log(Level.DEBUG, "{0} takes {1} us for {2}", plan, spread, work.grouping());
                nanoseconds = failure != null ? Double.MAX_VALUE : spread.median() * 1e3;
            }

            boolean isTimed() {
                return failure == null && nanoseconds < Double.MAX_VALUE;
            }
        }
    }
}
