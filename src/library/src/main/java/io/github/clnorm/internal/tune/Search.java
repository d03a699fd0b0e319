package io.github.clnorm.internal.tune;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.timing.Interleaved;
import io.github.clnorm.internal.timing.Plausibility;
import io.github.clnorm.internal.timing.Spread;
import io.github.clnorm.internal.tune.Tuned.Ending;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** One search of a {@link Tuner}, for one pass. */
final class Search {

    // Confirming takes at most this share of the budget, which the search must leave.
    private static final int CONFIRMING_SHARE = 5;
    private static final long MOST_CONFIRMING = TimeUnit.SECONDS.toNanos(1);
    private static final int CONFIRMING_ROUNDS = 11;
    private static final int MOST_CONFIRMING_ROUNDS = 300;
    // The search continues from a plan that takes less than this share of the time of the plan before.
    private static final double BETTER_BELOW = 0.99;
    // A plan whose first tries take longer than the best plan's by this factor is dropped at once.
    private static final double LOSES_ABOVE = 1.6;
    // A stage lasts this long, so that short passes are timed often.
    private static final long STAGE = TimeUnit.MILLISECONDS.toNanos(60);
    private static final int STAGE_ROUNDS = 3;
    private static final int MOST_STAGE_ROUNDS = 100;
    private static final int MOST_STEPS = 8;
    // Plans that must have been timed, the heuristic's included, before a search that runs out of time may say that the
    // heuristic's is the best.
    private static final int ENOUGH_TRIED = 4;

    private final Work work;
    private final LongSupplier clock;
    private final BooleanSupplier stop;
    private final Tuner.Progress progress;
    private final Interleaved interleaved;
    private final Candidates candidates;
    private final Track track;
    private final Contender heuristic;
    private final Set<Plan> seen = new HashSet<>();
    private Results results;
    private double shortest;
    private long end;
    private int timed = 1;
    private boolean allTried;

    Search(Work work, LongSupplier clock, BooleanSupplier stop, Tuner.Progress progress) {
        this.work = work;
        this.clock = clock;
        this.stop = stop;
        this.progress = progress;
        this.interleaved = new Interleaved(clock, stop);
        this.candidates = new Candidates(
                work.geometry,
                work.session.device(),
                plan -> work.againstRules(plan).isEmpty(),
                work::predicted);
        Plan plan = work.heuristic();
        this.track = new Track(work, plan);
        this.heuristic = new Contender(track, plan);
    }

    /**
     * Searches.
     *
     * @param start when the budget began
     * @param budget nanoseconds
     */
    Tuned run(long start, long budget) {
        long confirming = Math.min(MOST_CONFIRMING, budget / CONFIRMING_SHARE);
        end = start + budget - confirming;
        results = new Results(work, heuristic.plan());
        seen.add(heuristic.plan());
        // The first access to a page costs more than the pass itself.
        for (int i = 0; i < work.copies() && (i == 0 || !over()); i++) {
            work.run(heuristic.plan(), i);
        }
        DeviceBuffer[] pair = work.pair(0);
        shortest = Plausibility.shortest(work.transits(), CopyTime.of(work.session, pair[0], pair[1], clock));
        heuristic.tryFirst(clock);
        Contender best = heuristic;
        for (int step = 0; step < MOST_STEPS && !over(); step++) {
            List<Contender> contenders = contenders(best);
            Contender next = contenders.isEmpty() ? best : fastest(best, contenders);
            if (next == best) {
                break;
            }
            best = next;
        }
        return confirmed(best, confirming);
    }

    private boolean over() {
        return stop.getAsBoolean() || clock.getAsLong() - end >= 0;
    }

    /** The neighbours of a plan that run and are not much slower, with their results checked. */
    private List<Contender> contenders(Contender around) {
        List<Plan> plans =
                candidates.around(around.plan()).stream().filter(seen::add).toList();
        List<Contender> contenders = new ArrayList<>();
        allTried = false;
        for (int i = 0; i < plans.size() && !over(); i++) {
            allTried = i + 1 == plans.size();
            Plan plan = plans.get(i);
            int tried = timed + track.rejected().size();
            progress.trying(plan, tried, tried + plans.size() - i);
            if (runs(plan)) {
                timed++;
                Contender contender = new Contender(track, plan);
                contender.tryFirst(clock);
                if (!contender.hasFailed() && contender.first() <= LOSES_ABOVE * around.first()) {
                    contenders.add(contender);
                }
            }
        }
        return contenders;
    }

    /** Builds the kernels of a plan and compares its results. A plan that does not work is rejected. */
    private boolean runs(Plan plan) {
        Optional<String> problem;
        try {
            problem = work.problem(plan);
            if (problem.isEmpty()) {
                results.check(plan);
            }
        } catch (ClException | IllegalArgumentException e) {
            problem = Optional.of(e.getMessage());
        }
        problem.ifPresent(reason -> track.reject(plan, reason));
        return problem.isEmpty();
    }

    /** The fastest of the neighbours; the plan whose neighbours they are if none is faster. */
    private Contender fastest(Contender best, List<Contender> neighbours) {
        List<Contender> left = neighbours;
        int rounds = STAGE_ROUNDS;
        while (true) {
            List<Contender> all = new ArrayList<>(left);
            all.add(best);
            // A stage of long passes has few rounds, a stage of short passes many.
            List<long[]> times = time(all, new Interleaved.Limits(0, STAGE, rounds, MOST_STAGE_ROUNDS));
            for (int i = 0; i < all.size(); i++) {
                all.get(i).take(times.get(i), shortest);
            }
            left = left.stream()
                    .filter(Contender::isTimed)
                    .sorted(Comparator.comparingDouble(Contender::nanoseconds))
                    .limit((left.size() + 1) / 2)
                    .toList();
            if (left.isEmpty() || stop.getAsBoolean()) {
                return best;
            }
            if (all.size() == 2 || over()) {
                Contender first = left.get(0);
                first.takeMedian();
                return first.nanoseconds() < BETTER_BELOW * best.nanoseconds() ? first : best;
            }
            rounds *= 2;
        }
    }

    private List<long[]> time(List<Contender> contenders, Interleaved.Limits limits) {
        return interleaved.time(new ArrayList<>(contenders), limits);
    }

    /** Times the best plan and the heuristic's in rounds of both, and decides. */
    private Tuned confirmed(Contender best, long confirming) {
        boolean same = best == heuristic;
        List<long[]> times = time(
                same ? List.of(heuristic) : List.of(heuristic, best),
                new Interleaved.Limits(confirming / 10, confirming, CONFIRMING_ROUNDS, MOST_CONFIRMING_ROUNDS));
        long[] ofHeuristic = times.get(0);
        long[] ofBest = times.get(times.size() - 1);
        if (ofHeuristic.length == 0 || stop.getAsBoolean() && ofHeuristic.length < CONFIRMING_ROUNDS) {
            return unmeasured(Ending.STOPPED);
        }
        if (Plausibility.believed(ofHeuristic, shortest).length <= ofHeuristic.length / 2) {
            return unmeasured(Ending.IMPLAUSIBLE);
        }
        double heuristicTime = Spread.of(ofHeuristic).median();
        double time = Spread.of(ofBest).median();
        if (!best.hasFailed() && time < heuristicTime && Verdict.wins(ofBest, ofHeuristic, shortest)) {
            return tuned(Ending.FASTER, best.plan(), time, heuristicTime);
        }
        if (!allTried && timed <= ENOUGH_TRIED) {
            return unmeasured(Ending.OUT_OF_TIME);
        }
        return tuned(Ending.HEURISTIC, heuristic.plan(), heuristicTime, heuristicTime);
    }

    private Tuned unmeasured(Ending ending) {
        return tuned(ending, heuristic.plan(), Double.NaN, Double.NaN);
    }

    private Tuned tuned(Ending ending, Plan plan, double time, double heuristicTime) {
        List<Tuned.Rejected> rejected = List.copyOf(track.rejected());
        return new Tuned(work.grouping(), ending, plan, heuristic.plan(), time, heuristicTime, timed, rejected);
    }
}
