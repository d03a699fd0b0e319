package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.plan.LaunchBound;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.SplitPlan;
import io.github.clnorm.internal.plan.Turns;
import io.github.clnorm.type.ElementType;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * The kernel launches of a plan for a problem, in their order. The caller holds the session's lock.
 *
 * @param <B> the buffers of the pass
 */
abstract sealed class PassSteps<B extends PassBuffers<B>> permits Forward, Backward {

    private static final String EPS = "eps";

    /**
     * One kernel of the pass, before its buffers are known.
     *
     * @param kernel the kernel
     * @param workGroupSize work-items of a work-group
     * @param groups work-groups in all
     * @param elementsPerGroup how much work a work-group does; bounds the work-groups of one launch
     * @param arguments sets the kernel's arguments, except eps and the index of the first work-group
     * @param inTurns whether its work-groups follow the plan's turns: each turn takes the next share of them
     */
    record Step<B>(
            BuiltKernel kernel,
            int workGroupSize,
            long groups,
            long elementsPerGroup,
            BiConsumer<KernelArguments, B> arguments,
            boolean inTurns) {

        /** A step that takes all its work-groups at once. */
        Step(
                BuiltKernel kernel,
                int workGroupSize,
                long groups,
                long elementsPerGroup,
                BiConsumer<KernelArguments, B> arguments) {
            this(kernel, workGroupSize, groups, elementsPerGroup, arguments, false);
        }

        /** This step, which follows the plan's turns. Its work-groups lie in the order of the sets, or of the samples. */
        Step<B> followingTurns() {
            return new Step<>(kernel, workGroupSize, groups, elementsPerGroup, arguments, true);
        }
    }

    final Session session;
    final Plan plan;
    private final Launches.TurnShares turns;
    final Geometry geometry;
    final ElementType real;

    PassSteps(Session session, Problem problem, Plan plan) {
        this.session = session;
        this.plan = plan;
        this.turns = new Launches.TurnShares(plan instanceof SplitPlan split ? split.turns() : 1, Turns.most(problem));
        this.geometry = problem.geometry();
        this.real = problem.real();
    }

    /** The steps of a problem, forward or backward, for buffers that begin at multiples of every vector's size. */
    static PassSteps<?> of(Session session, Problem problem, Plan plan) {
        return problem instanceof ForwardProblem forward
                ? new Forward(session, forward, plan, true)
                : new Backward(session, (BackwardProblem) problem, plan, true);
    }

    /** The steps of a phase, with their kernels built. All phases but {@link Phase#ALL} take the strategy split. */
    abstract List<Step<B>> steps(Phase phase);

    /** How many work-items a work-group may have: the smallest limit of the plan's kernels, by the driver's answer. */
    final long workGroupLimit() {
        return steps(Phase.ALL).stream()
                .mapToLong(step -> session.openCl().workGroupLimit(step.kernel.kernel()))
                .min()
                .orElse(Long.MAX_VALUE);
    }

    /** Launches for any buffers of which the same ones are present, and which are aligned alike. */
    final Launches launches(Phase phase, B buffers, double eps) {
        B standIns = buffers.map(buffer -> buffer == null ? null : DeviceBuffer.standIn(session));
        List<Launches.Launch> launches =
                steps(phase).stream().map(step -> launch(step, standIns, eps)).toList();
        return new Launches(session, launches, turns, standIns.all());
    }

    private Launches.Launch launch(Step<B> step, B standIns, double eps) {
        KernelSignature signature = step.kernel.signature();
        KernelArguments arguments = new KernelArguments(signature, real);
        step.arguments.accept(arguments, standIns);
        if (signature.has(EPS)) {
            arguments.withReal(EPS, eps);
        }
        arguments.with(BuiltKernel.FIRST_GROUP, 0).requireComplete();
        // Several launches if one would occupy a slow device for too long.
        long atOnce = Math.max(1, LaunchBound.elements(session.device()) / Math.max(1, step.elementsPerGroup));
        return new Launches.Launch(
                step.kernel,
                arguments,
                step.workGroupSize,
                signature.index(BuiltKernel.FIRST_GROUP),
                step.groups,
                atOnce,
                step.inTurns);
    }
}
