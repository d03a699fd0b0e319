package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.plan.Plan;
import java.util.function.Function;

/**
 * Enqueues a pass of any normalization: the launches of a plan for a problem.
 *
 * <p>Thread-safe: a pass is enqueued under the session's lock.
 */
public final class Engine {

    private Engine() {}

    /**
     * Enqueues the launches of a forward pass and sends them to the device. Does not block.
     *
     * @param session the device
     * @param problem what is computed, not empty
     * @param plan how; decides speed, not results
     * @param buffers what is read and written
     * @param eps added to the variance
     * @throws IllegalArgumentException when the device cannot run the plan
     */
    public static void enqueue(Session session, ForwardProblem problem, Plan plan, ForwardBuffers buffers, double eps) {
        enqueue(session, problem, Phase.ALL, plan, buffers, eps);
    }

    /**
     * Enqueues the launches of a phase of a forward pass and sends them to the device. Does not block.
     *
     * @param session the device
     * @param problem the whole pass if the phase merges, else a piece of it
     * @param phase which launches; all phases but {@link Phase#ALL} take the strategy split
     * @param plan how; decides speed, not results
     * @param buffers what is read and written
     * @param eps added to the variance
     * @throws IllegalArgumentException when the device cannot run the plan
     */
    public static void enqueue(
            Session session, ForwardProblem problem, Phase phase, Plan plan, ForwardBuffers buffers, double eps) {
        enqueue(session, problem, phase, plan, buffers, eps, aligned -> new Forward(session, problem, plan, aligned));
    }

    /**
     * Enqueues the launches of a backward pass and sends them to the device. Does not block.
     *
     * @param session the device
     * @param problem what is computed, not empty
     * @param plan how; decides speed, not results
     * @param buffers what is read and written
     * @param eps added to the variance, if statistics are given
     * @throws IllegalArgumentException when the device cannot run the plan
     */
    public static void enqueue(
            Session session, BackwardProblem problem, Plan plan, BackwardBuffers buffers, double eps) {
        enqueue(session, problem, Phase.ALL, plan, buffers, eps);
    }

    /**
     * Enqueues the launches of a phase of a backward pass and sends them to the device. Does not block.
     *
     * @param session the device
     * @param problem the whole pass if the phase merges, else a piece of it
     * @param phase which launches; all phases but {@link Phase#ALL} take the strategy split
     * @param plan how; decides speed, not results
     * @param buffers what is read and written
     * @param eps added to the variance, if statistics are given
     * @throws IllegalArgumentException when the device cannot run the plan
     */
    public static void enqueue(
            Session session, BackwardProblem problem, Phase phase, Plan plan, BackwardBuffers buffers, double eps) {
        enqueue(session, problem, phase, plan, buffers, eps, aligned -> new Backward(session, problem, plan, aligned));
    }

    private static <B extends PassBuffers<B>> void enqueue(
            Session session,
            Problem problem,
            Phase phase,
            Plan plan,
            B buffers,
            double eps,
            Function<Boolean, PassSteps<B>> steps) {
        DeviceBuffer[] all = buffers.all();
        session.lock();
        try {
            session.queue().planned(plan);
            Launches.Key key = Launches.Key.of(problem, phase, plan, eps, all);
            session.prepared()
                    .get(key, () -> {
                        checkPlan(session, problem, plan);
                        return steps.apply(key.aligned()).launches(phase, buffers, eps);
                    })
                    .enqueue(all);
            session.queue().flush();
        } finally {
            session.unlock();
        }
    }

    private static void checkPlan(Session session, Problem problem, Plan plan) {
        session.planner().againstRules(plan, problem).ifPresent(reason -> {
            throw new IllegalArgumentException(
                    "plan (" + plan + ") cannot run on " + session.device().description() + ": " + reason);
        });
    }
}
