package io.github.clnorm.internal.plan;

import io.github.clnorm.internal.geometry.Problem;
import java.util.List;

/**
 * Measured plans. A session consults it before the heuristics, once for every problem, and takes the first plan that its
 * device can run. If there is none, the session uses the heuristics' plan.
 *
 * <p>Need not be thread-safe: a session calls it under its lock.
 */
@FunctionalInterface
public interface PlanSource {

    /** Has no plans: the heuristics decide. */
    PlanSource NONE = problem -> List.of();

    /**
     * The plans that are known for a problem.
     *
     * @param problem what is computed, not empty
     * @return plans, the best first
     */
    List<Plan> plans(Problem problem);
}
