package io.github.clnorm.internal.plan;

/**
 * A plan whose work-groups take whole sets: moments and results in one launch. {@link SecondRead} says where
 * the second read of a set comes from.
 *
 * <p>Immutable and thread-safe.
 */
public sealed interface WholeSetsPlan extends Plan permits ResidentPlan, PackedPlan {

    /**
     * Where a work-group reads its sets from the second time.
     *
     * @return global memory, local memory or registers
     */
    SecondRead secondRead();

    /**
     * Backward only: whether the gradients of parameters are merged in a separate launch. Without it a work-group takes
     * its groups of channels in all samples and merges them itself, where several elements share a parameter.
     *
     * @return true for one more launch, and more work-groups
     */
    boolean parameterLaunch();

    /**
     * Sets that a work-group works on at the same time, along rows.
     *
     * @return its teams, or 1 if they share a set
     */
    int setsAtATime();

    /**
     * Sets, or groups of {@link #setsAtATime} sets, that a work-group takes one after another, along rows.
     *
     * @return 1 or more
     */
    int setsInTurn();

    /**
     * This plan with another source of the second read.
     *
     * @param from where a work-group reads its sets from the second time
     * @return the changed plan
     */
    WholeSetsPlan withSecondRead(SecondRead from);

    /**
     * This plan with a launch for the gradients of parameters or without.
     *
     * @param own whether they have a separate launch
     * @return the changed plan
     */
    WholeSetsPlan withParameterLaunch(boolean own);
}
