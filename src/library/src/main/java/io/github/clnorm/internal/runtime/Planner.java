package io.github.clnorm.internal.runtime;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.plan.Choice;
import io.github.clnorm.internal.plan.Heuristics;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanRules;
import io.github.clnorm.internal.plan.PlanSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Chooses the plan that a session uses for a problem, and caches the choice.
 *
 * <p>Thread-safe. The session's lock guards it.
 */
public final class Planner {

    // Bounds the memory of programs whose shapes keep changing.
    private static final int MOST_KEPT = 4096;

    private final Session session;
    private final Map<Problem, Plan> chosen = new HashMap<>();
    private final Map<Problem, Plan> heuristics = new HashMap<>();
    private final Map<Problem, Plan> splits = new HashMap<>();
    private final Map<Problem, Plan> parts = new HashMap<>();
    private PlanSource source = PlanSource.NONE;
    private final ThreadLocal<Boolean> measuredAside = ThreadLocal.withInitial(() -> false);

    Planner(Session session) {
        this.session = session;
    }

    /**
     * Consults a source before the heuristics. Clears cached choices.
     *
     * @param of measured plans
     */
    public void use(PlanSource of) {
        session.exclusively(() -> {
            source = of;
            chosen.clear();
            parts.clear();
        });
    }

    /**
     * Runs an action with the heuristics' plans instead of measured ones. Passes of other threads are not affected.
     *
     * @param action enqueues passes
     */
    public void byHeuristics(Runnable action) {
        boolean before = measuredAside.get();
        measuredAside.set(true);
        try {
            action.run();
        } finally {
            measuredAside.set(before);
        }
    }

    /**
     * The plan that a pass uses by default.
     *
     * @param problem what is computed, not empty
     * @return a plan that the device and its kernels allow
     */
    public Plan plan(Problem problem) {
        return session.exclusively(() -> {
            if (measuredAside.get()) {
                return kept(heuristics, problem, () -> heuristic(problem));
            }
            // A source that tunes launches kernels of its own, which must not count as the caller's.
            return kept(chosen, problem, () -> session.timer().untimed(() -> source.plans(problem)).stream()
                    .filter(candidate -> runs(candidate, problem))
                    .findFirst()
                    .orElseGet(() -> heuristic(problem)));
        });
    }

    /**
     * The plan for a part of a tensor whose other parts are computed before and after it: its stores bypass the cache if those
     * of the whole would.
     *
     * @param part what is computed, not empty
     * @param whole the same for the whole tensor
     * @return a plan that the device and its kernels allow
     */
    public Plan planOfPart(Problem part, Problem whole) {
        return session.exclusively(() -> {
            Plan plan = plan(part);
            return plan.nonTemporal() || !Heuristics.bypassesCache(whole, session.device())
                    ? plan
                    : kept(parts, part, () -> {
                        Plan bypassing = plan.withNonTemporal(true);
                        return runs(bypassing, part) ? bypassing : plan;
                    });
        });
    }

    private static Plan kept(Map<Problem, Plan> plans, Problem problem, Supplier<Plan> chooser) {
        Plan known = plans.get(problem);
        if (known != null) {
            return known;
        }
        Plan plan = chooser.get();
        if (plans.size() == MOST_KEPT) {
            plans.clear();
        }
        plans.put(problem, plan);
        return plan;
    }

    private boolean runs(Plan plan, Problem problem) {
        try {
            return problem(plan, problem).isEmpty();
        } catch (ClException e) {
            // A plan of another device need not build here.
            return false;
        }
    }

    /**
     * The plan that the heuristics choose.
     *
     * @param problem what is computed, not empty
     * @return a plan that the device and its kernels allow
     */
    public Plan heuristic(Problem problem) {
        return choice(problem).plan();
    }

    /**
     * The plan that the heuristics choose, with a work-group that the kernels allow: known only when they are built.
     *
     * @param problem what is computed, not empty
     * @return a plan that the device and its kernels allow, and the reason for it
     */
    public Choice choice(Problem problem) {
        return choice(problem, Heuristics::choose);
    }

    /**
     * A plan of the strategy split, for passes that go through the device in pieces.
     *
     * @param problem a piece, or the whole pass, not empty
     * @return a plan that the device and its kernels allow
     */
    public Plan split(Problem problem) {
        return session.exclusively(() -> kept(
                splits, problem, () -> choice(problem, Heuristics::chooseSplit).plan()));
    }

    /** One way to choose. */
    private interface Chooser {
        Choice choose(Problem problem, DeviceInfo device, long largestWorkGroup);
    }

    private Choice choice(Problem problem, Chooser chooser) {
        long limit = session.device().maxWorkGroupSize();
        while (true) {
            Choice choice = chooser.choose(problem, session.device(), limit);
            Plan plan = choice.plan();
            long allowed = workGroupLimit(plan, problem);
            if (plan.workGroupSize() <= allowed || limit <= 1) {
                return choice;
            }
            limit = Math.max(1, Math.min(allowed, plan.workGroupSize() / 2));
        }
    }

    /**
     * Why a plan cannot run here. Builds its kernels.
     *
     * @param plan the plan
     * @param problem what it would compute
     * @return the reason, or empty when it can run
     */
    public Optional<String> problem(Plan plan, Problem problem) {
        Optional<String> broken = againstRules(plan, problem);
        if (broken.isPresent()) {
            return broken;
        }
        long allowed = workGroupLimit(plan, problem);
        return plan.workGroupSize() <= allowed
                ? Optional.empty()
                : Optional.of("its kernels allow work-groups of " + allowed + " on this device");
    }

    /**
     * Why a plan cannot run here, as far as that is known without building its kernels.
     *
     * @param plan the plan
     * @param problem what it would compute
     * @return the reason, or empty when no rule forbids it
     */
    public Optional<String> againstRules(Plan plan, Problem problem) {
        return PlanRules.problem(plan, problem, session.device());
    }

    private long workGroupLimit(Plan plan, Problem problem) {
        return session.exclusively(() -> PassSteps.of(session, problem, plan).workGroupLimit());
    }
}
