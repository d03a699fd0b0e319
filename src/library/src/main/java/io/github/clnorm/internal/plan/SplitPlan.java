package io.github.clnorm.internal.plan;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.GradientCut;

/**
 * {@link Strategy#SPLIT}: several work-groups share a set, in one launch for its moments or sums and one for the results.
 *
 * <p>Immutable and thread-safe.
 *
 * @param workGroupSize work-items of a work-group, a power of two
 * @param vectorWidth elements of a vector load: 1, 2, 4, 8 or 16
 * @param blocksPerPart blocks of 1024 elements that a work-group takes, of one set or, across rows, of one sample
 * @param mergeLaunch forward: whether the blocks of a set are merged in a separate launch, not in every work-group that
 *     writes results. Backward passes always have this launch, and leave it false
 * @param turns how many times the launches are repeated, each time for another share of the sets, so that the second read
 *     of a share finds it in the cache. 1 launches every kernel once for all sets
 * @param nonTemporal whether stores of the output bypass the cache
 */
public record SplitPlan(
        int workGroupSize, int vectorWidth, int blocksPerPart, boolean mergeLaunch, int turns, boolean nonTemporal)
        implements Plan {

    /**
     * Checks the requirements of every device.
     *
     * @throws IllegalArgumentException if a number is out of range
     */
    public SplitPlan {
        Parameters.check(workGroupSize, vectorWidth);
        Parameters.checkPositive("blocks a part", blocksPerPart);
        Parameters.checkPositive("turns", turns);
    }

    @Override
    public Strategy strategy() {
        return Strategy.SPLIT;
    }

    @Override
    public SplitPlan withWorkGroupSize(int size) {
        return new SplitPlan(size, vectorWidth, blocksPerPart, mergeLaunch, turns, nonTemporal);
    }

    @Override
    public SplitPlan withVectorWidth(int width) {
        return new SplitPlan(workGroupSize, width, blocksPerPart, mergeLaunch, turns, nonTemporal);
    }

    /**
     * Blocks of a set that a work-group of a backward pass takes, along rows: their blocks may be shorter than 1024
     * elements.
     *
     * @param problem what is computed
     * @return as many as have about {@code blocksPerPart} times 1024 elements
     */
    public int blocksPerPart(BackwardProblem problem) {
        GradientCut cut = GradientCut.of(problem.geometry());
        long blocks = (long) blocksPerPart * Cut.BLOCK / cut.elementsOfBlock(problem.geometry());
        return (int) Math.max(1, Math.min(cut.blocks(), blocks));
    }

    /**
     * This plan with parts of another size.
     *
     * @param blocks blocks of a part
     * @return the changed plan
     */
    public SplitPlan withBlocksPerPart(int blocks) {
        return new SplitPlan(workGroupSize, vectorWidth, blocks, mergeLaunch, turns, nonTemporal);
    }

    /**
     * This plan with a launch for merging or without.
     *
     * @param own whether merging has a separate launch
     * @return the changed plan
     */
    public SplitPlan withMergeLaunch(boolean own) {
        return new SplitPlan(workGroupSize, vectorWidth, blocksPerPart, own, turns, nonTemporal);
    }

    /**
     * This plan in another number of turns.
     *
     * @param number 1 or more
     * @return the changed plan
     */
    public SplitPlan withTurns(int number) {
        return new SplitPlan(workGroupSize, vectorWidth, blocksPerPart, mergeLaunch, number, nonTemporal);
    }

    @Override
    public SplitPlan withNonTemporal(boolean bypass) {
        return new SplitPlan(workGroupSize, vectorWidth, blocksPerPart, mergeLaunch, turns, bypass);
    }

    @Override
    public String toString() {
        return Parameters.text(
                this,
                blocksPerPart + " blocks a part",
                mergeLaunch ? Parameters.MERGED_ONCE : null,
                turns > 1 ? turns + " turns" : null);
    }
}
