package io.github.clnorm.internal.plan;

import io.github.clnorm.internal.geometry.GradientProblem;
import io.github.clnorm.internal.geometry.Problem;
import java.util.List;

/**
 * Measured plans. A session consults it before the heuristics, once for every problem, and takes the first plan that its
 * device can run; where there is none, the heuristics' plan.
 *
 * <p>Need not be thread-safe: a session calls it under its lock.
 */
public interface PlanSource {

    /** Has no plans: the heuristics decide. */
    PlanSource NONE = new PlanSource() {
        @Override
        public List<Plan> plans(Problem problem) {
            return List.of();
        }

        @Override
        public List<Plan> plans(GradientProblem problem) {
            return List.of();
        }
    };

    /**
     * What is known of a forward pass.
     *
     * @param problem what is computed, not empty
     * @return plans, the best first
     */
    List<Plan> plans(Problem problem);

    /**
     * What is known of a backward pass.
     *
     * @param problem what is computed, not empty
     * @return plans, the best first
     */
    List<Plan> plans(GradientProblem problem);
}
