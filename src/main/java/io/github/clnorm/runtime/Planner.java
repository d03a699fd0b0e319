package io.github.clnorm.runtime;

import io.github.clnorm.geometry.Problem;
import io.github.clnorm.plan.Heuristics;
import io.github.clnorm.plan.Plan;
import io.github.clnorm.plan.PlanRules;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Which plan a session uses for a geometry. Plans that were chosen once are kept. */
public final class Planner {

    // Programs of ever-changing shapes must not fill the memory.
    private static final int MOST_KEPT = 4096;

    private final Session session;
    private final Map<Problem, Plan> chosen = new HashMap<>();

    Planner(Session session) {
        this.session = session;
    }

    /**
     * The plan that runs when nobody asks for another.
     *
     * @param problem what is computed, not empty
     * @return a plan that the device and its kernels allow
     */
    public Plan plan(Problem problem) {
        synchronized (session) {
            if (chosen.size() == MOST_KEPT) {
                chosen.clear();
            }
            return chosen.computeIfAbsent(problem, this::choose);
        }
    }

    /** The heuristic's plan, with the work-group that the kernels allow: known only when they are built. */
    private Plan choose(Problem problem) {
        long limit = session.device().maxWorkGroupSize();
        while (true) {
            Plan plan = Heuristics.plan(problem, session.device(), limit);
            long allowed = new ForwardKernels(session, plan, problem).workGroupLimit();
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
        if (broken.isPresent()) {
            return broken;
        }
        synchronized (session) {
            long allowed = new ForwardKernels(session, plan, problem).workGroupLimit();
            return plan.workGroupSize() <= allowed
                    ? Optional.empty()
                    : Optional.of("its kernels allow work-groups of " + allowed + " on this device");
        }
    }
}
