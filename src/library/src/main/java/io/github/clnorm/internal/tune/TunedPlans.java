package io.github.clnorm.internal.tune;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanSource;
import io.github.clnorm.internal.runtime.KernelSource;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.type.Tuning;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The plans of a database for a session. With {@link Tuning#NOW} it also searches for plans.
 *
 * <p>Thread-safe: the session's lock guards it.
 */
public final class TunedPlans implements PlanSource {

    private static final System.Logger LOG = System.getLogger(TunedPlans.class.getName());
    private static final long BUDGET = TimeUnit.SECONDS.toNanos(5);

    private final Session session;
    private final TuningDatabase database;
    private final Tuner tuner;
    private boolean warned;

    private TunedPlans(Session session, TuningDatabase database, Tuner tuner) {
        this.session = session;
        this.database = database;
        this.tuner = tuner;
    }

    /**
     * Makes a session use the user's tuned plans.
     *
     * @param session the session
     * @param tuning whether to use stored plans, to search, or neither
     */
    public static void use(Session session, Tuning tuning) {
        use(session, tuning, TuningDatabase.ofUser());
    }

    /**
     * Makes a session use the plans of a database.
     *
     * @param session the session
     * @param tuning whether to use stored plans, to search, or neither
     * @param database read when the first plan is needed; results of searches are stored there
     */
    public static void use(Session session, Tuning tuning, TuningDatabase database) {
        use(session, tuning, database, System::nanoTime);
    }

    /**
     * Makes a session use the plans of a database, with a clock for the time limit of searches.
     *
     * @param session the session
     * @param tuning whether to use stored plans, to search, or neither
     * @param database read when the first plan is needed; results of searches are stored there
     * @param clock a clock in nanoseconds, for example {@link System#nanoTime}
     */
    public static void use(Session session, Tuning tuning, TuningDatabase database, LongSupplier clock) {
        Tuner tuner = tuning == Tuning.NOW
                ? new Tuner(session, clock, () -> Thread.currentThread().isInterrupted(), Tuner.Progress.NONE)
                : null;
        session.planner().use(tuning == Tuning.OFF ? PlanSource.NONE : new TunedPlans(session, database, tuner));
    }

    @Override
    public List<Plan> plans(Problem problem) {
        return Grouping.of(problem).map(grouping -> plans(problem, grouping)).orElse(List.of());
    }

    private List<Plan> plans(Problem problem, Grouping grouping) {
        List<Match> matches = matches(database, session, grouping);
        boolean known = matches.stream()
                .anyMatch(match -> match.kind() == Match.Kind.EXACT
                        && session.planner()
                                .againstRules(match.entry().plan(), problem)
                                .isEmpty());
        if (tuner != null && !known) {
            Optional<Plan> found = search(problem);
            if (found.isPresent()) {
                return List.of(found.get());
            }
        }
        List<Plan> plans = new ArrayList<>();
        for (Match match : matches) {
            if (match.meansHeuristic()) {
                break;
            }
            plans.add(match.entry().plan());
        }
        return plans;
    }

    /**
     * The entries that apply to a grouping on a session's device: those of a database, then those of the library.
     *
     * @param database the user's database
     * @param session the device
     * @param grouping what is computed
     * @return the matches in the order in which they are tried
     */
    public static List<Match> matches(TuningDatabase database, Session session, Grouping grouping) {
        List<Match> matches = new ArrayList<>();
        for (Collection<Entry> entries : List.of(database.entries(), TuningDatabase.shipped())) {
            if (!entries.isEmpty()) {
                matches.addAll(Match.of(entries, session.device(), KernelSource.hash(), grouping));
            }
        }
        return matches;
    }

    /** Logs why a search found nothing. Once per session, because on a slow device every search ends this way. */
    private void warn(Tuned tuned) {
        String reason =
                switch (tuned.ending()) {
                    case OUT_OF_TIME -> "found nothing within " + TimeUnit.NANOSECONDS.toSeconds(BUDGET) + " s";
                    case IMPLAUSIBLE -> "found nothing, because no time that it measured is plausible";
                        // The caller interrupted the thread.
                    default -> null;
                };
        if (reason != null) {
            Level level = warned ? Level.DEBUG : Level.WARNING;
            warned = true;
            LOG.log(
                    level,
                    "tuning {0} on {1} {2}: the heuristics'' plan is used, and nothing is stored{3}",
                    tuned.grouping(),
                    session.device().name(),
                    reason,
                    tuned.ending() == Tuned.Ending.OUT_OF_TIME ? "; clnorm tune --budget 30s gives it longer" : "");
        }
    }

    /** The plan that was found; empty if the search did not finish, which affects only speed. */
    private Optional<Plan> search(Problem problem) {
        Tuned tuned;
        try {
            tuned = tuner.tune(problem, BUDGET);
        } catch (ClException | IllegalArgumentException e) {
            // Most likely there is no memory for several copies of the tensors.
            LOG.log(Level.WARNING, "tuning on {0} failed: {1}", session.device().description(), e.getMessage());
            return Optional.empty();
        }
        LOG.log(
                Level.DEBUG,
                "{0} on {1}: {2}, {3} us, heuristic {4} us",
                tuned.grouping(),
                session.device().name(),
                tuned.plan(),
                tuned.microseconds(),
                tuned.heuristicMicroseconds());
        if (!tuned.isMeasured()) {
            warn(tuned);
            return Optional.empty();
        }
        try {
            database.add(List.of(tuned.entry(session.device(), Instant.now())));
        } catch (IOException e) {
            LOG.log(Level.WARNING, "what was tuned cannot be stored: {0}", e.getMessage());
        }
        return Optional.of(tuned.plan());
    }
}
