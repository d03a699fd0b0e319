package io.github.clnorm.internal.runtime;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.geometry.GradientProblem;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.plan.GradientHeuristics;
import io.github.clnorm.internal.plan.GradientRules;
import io.github.clnorm.internal.plan.Heuristics;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanRules;
import io.github.clnorm.internal.plan.PlanSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * Which plan a session uses for a problem. Plans that were chosen once are kept.
 *
 * <p>Thread-safe: the session's lock guards it.
 */
public final class Planner {

    // Programs of ever-changing shapes must not fill the memory.
    private static final int MOST_KEPT = 4096;

    private final Session session;
    // Of problems forward and backward.
    private final Map<Object, Plan> chosen = new HashMap<>();
    private final Map<Object, Plan> heuristics = new HashMap<>();
    private PlanSource source = PlanSource.NONE;
    private final ThreadLocal<Boolean> measuredAside = ThreadLocal.withInitial(() -> false);

    Planner(Session session) {
        this.session = session;
    }

    /**
     * Consults a source before the heuristics. Clears cached choices.
     *
     * @param of plans that were measured
     */
    public void use(PlanSource of) {
        session.exclusively(() -> {
            source = of;
            chosen.clear();
            return null;
        });
    }

    /**
     * Runs something by the heuristics' plans, whatever was measured. Passes of other threads are not affected.
     *
     * @param action what enqueues passes
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
     * The plan that runs when nobody asks for another.
     *
     * @param problem what is computed, not empty
     * @return a plan that the device and its kernels allow
     */
    public Plan plan(Problem problem) {
        return chosen(problem, () -> source.plans(problem), plan -> problem(plan, problem), () -> heuristic(problem));
    }

    /**
     * The plan of a backward pass that runs when nobody asks for another.
     *
     * @param problem what is computed, not empty
     * @return a plan that the device and its kernels allow
     */
    public Plan plan(GradientProblem problem) {
        return chosen(problem, () -> source.plans(problem), plan -> problem(plan, problem), () -> heuristic(problem));
    }

    private Plan chosen(
            Object problem,
            Supplier<List<Plan>> measured,
            Function<Plan, Optional<String>> problemOf,
            Supplier<Plan> heuristic) {
        return session.exclusively(() -> {
            if (measuredAside.get()) {
                return kept(heuristics, problem, heuristic);
            }
            // A source that searches launches kernels of its own, which no caller asked to time.
            return kept(chosen, problem, () -> session.untimed(measured).stream()
                    .filter(candidate -> runs(candidate, problemOf))
                    .findFirst()
                    .orElseGet(heuristic));
        });
    }

    private static Plan kept(Map<Object, Plan> plans, Object problem, Supplier<Plan> chooser) {
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

    private static boolean runs(Plan plan, Function<Plan, Optional<String>> problemOf) {
        try {
            return problemOf.apply(plan).isEmpty();
        } catch (ClException e) {
            // What another device compiles need not build here.
            return false;
        }
    }

    /**
     * The plan that runs where nobody measured any.
     *
     * @param problem what is computed, not empty
     * @return a plan that the device and its kernels allow
     */
    public Plan heuristic(Problem problem) {
        return heuristic(limit -> Heuristics.plan(problem, session.device(), limit), plan -> limit(plan, problem));
    }

    /**
     * The plan of a backward pass that runs where nobody measured any.
     *
     * @param problem what is computed, not empty
     * @return a plan that the device and its kernels allow
     */
    public Plan heuristic(GradientProblem problem) {
        return heuristic(
                limit -> GradientHeuristics.plan(problem, session.device(), limit), plan -> limit(plan, problem));
    }

    /** The heuristic's plan, with the work-group that the kernels allow: known only when they are built. */
    private Plan heuristic(LongFunction<Plan> heuristic, ToLongFunction<Plan> limitOf) {
        long limit = session.device().maxWorkGroupSize();
        while (true) {
            Plan plan = heuristic.apply(limit);
            long allowed = limitOf.applyAsLong(plan);
            if (plan.workGroupSize() <= allowed || limit <= 1) {
                return plan;
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
        Optional<String> broken = PlanRules.problem(plan, problem, session.device());
        return broken.isPresent() ? broken : tooLarge(plan, limit(plan, problem));
    }

    /**
     * Why a plan for gradients cannot run here. Builds its kernels.
     *
     * @param plan the plan
     * @param problem what it would compute
     * @return the reason, or empty when it can run
     */
    public Optional<String> problem(Plan plan, GradientProblem problem) {
        Optional<String> broken = GradientRules.problem(plan, problem, session.device());
        return broken.isPresent() ? broken : tooLarge(plan, limit(plan, problem));
    }

    private static Optional<String> tooLarge(Plan plan, long allowed) {
        return plan.workGroupSize() <= allowed
                ? Optional.empty()
                : Optional.of("its kernels allow work-groups of " + allowed + " on this device");
    }

    private long limit(Plan plan, Problem problem) {
        return session.exclusively(() -> new ForwardKernels(session, plan, problem).workGroupLimit());
    }

    private long limit(Plan plan, GradientProblem problem) {
        return session.exclusively(() -> new BackwardKernels(session, plan, problem).workGroupLimit());
    }
}
