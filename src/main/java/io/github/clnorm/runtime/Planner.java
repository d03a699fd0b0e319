package io.github.clnorm.runtime;

import io.github.clnorm.geometry.Geometry;
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
    private final Map<Geometry, Plan> chosen = new HashMap<>();

    Planner(Session session) {
        this.session = session;
    }

    /**
     * The plan that runs when nobody asks for another.
     *
     * @param geometry what is computed, not empty
     * @return a plan that the device and its kernels allow
     */
    public Plan plan(Geometry geometry) {
        synchronized (session) {
            if (chosen.size() == MOST_KEPT) {
                chosen.clear();
            }
            return chosen.computeIfAbsent(geometry, this::choose);
        }
    }

    /** The heuristic's plan, with the work-group that the kernels allow: known only when they are built. */
    private Plan choose(Geometry geometry) {
        long limit = session.device().maxWorkGroupSize();
        while (true) {
            Plan plan = Heuristics.plan(geometry, session.device(), limit);
            long allowed = new ForwardKernels(session, plan, geometry).workGroupLimit();
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
     * @param geometry what it would compute
     * @return the reason, or empty when it can run
     */
    public Optional<String> problem(Plan plan, Geometry geometry) {
        Optional<String> problem = PlanRules.problem(plan, geometry, session.device());
        if (problem.isPresent()) {
            return problem;
        }
        synchronized (session) {
            long allowed = new ForwardKernels(session, plan, geometry).workGroupLimit();
            return plan.workGroupSize() <= allowed
                    ? Optional.empty()
                    : Optional.of("its kernels allow work-groups of " + allowed + " on this device");
        }
    }
}
