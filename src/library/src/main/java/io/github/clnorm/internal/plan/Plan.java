package io.github.clnorm.internal.plan;

import io.github.clnorm.internal.geometry.Cut;

/**
 * The launch parameters of one pass, forward or backward.
 *
 * <p>A work-group is divided into teams; a team sums a block in 64 lanes, {@code vectorWidth} of them in each of its
 * registers.
 *
 * <p>Immutable and thread-safe.
 *
 * @param strategy how sets are given to work-groups
 * @param workGroupSize work-items of a work-group, a power of two
 * @param vectorWidth elements of a vector load: 1, 2, 4, 8 or 16
 * @param blocksPerPart {@link Strategy#SPLIT}: blocks of 1024 elements that one work-group takes, of one set or, across
 *     rows, of one sample; else 1
 * @param setsPerTeam {@link Strategy#PACKED}: sets that one team takes in turn; {@link Strategy#RESIDENT} across rows: sets
 *     of a sample that a work-group takes side by side; else 1
 * @param keepSet {@link Strategy#RESIDENT} and {@link Strategy#PACKED}: copy the set to local memory first
 * @param mergeOnce {@link Strategy#SPLIT}, forward: merge a set's blocks in a launch of its own, not again in every
 *     work-group; backward always does. {@link Strategy#RESIDENT} and {@link Strategy#PACKED}, backward: merge the
 *     parameters' gradients in a launch of its own; without it a work-group takes its groups of channels in all samples and
 *     merges them itself, where several elements share a parameter
 * @param nonTemporal write the output past the cache, where the device's compiler can
 */
public record Plan(
        Strategy strategy,
        int workGroupSize,
        int vectorWidth,
        int blocksPerPart,
        int setsPerTeam,
        boolean keepSet,
        boolean mergeOnce,
        boolean nonTemporal) {

    private static final int LANES = Cut.LANES;

    /**
     * Checks what holds on every device.
     *
     * @param strategy how sets are given to work-groups
     * @param workGroupSize a power of two
     * @param vectorWidth 1, 2, 4, 8 or 16
     * @param blocksPerPart 1 or more
     * @param setsPerTeam 1 or more
     * @param keepSet whether the set is copied to local memory
     * @param mergeOnce whether the merge has its own launch
     * @param nonTemporal whether the output is written past the cache
     * @throws IllegalArgumentException when a number is out of range
     */
    public Plan {
        if (Integer.bitCount(workGroupSize) != 1
                || Integer.bitCount(vectorWidth) != 1
                || vectorWidth > 16
                || blocksPerPart < 1
                || setsPerTeam < 1) {
            throw new IllegalArgumentException("not a plan: work-group " + workGroupSize + ", vector " + vectorWidth
                    + ", blocks a part " + blocksPerPart + ", sets a team " + setsPerTeam);
        }
    }

    /**
     * A plan with a work-group for each set.
     *
     * @param workGroupSize work-items of a work-group
     * @param vectorWidth elements of a vector load
     * @return a plan that keeps nothing in local memory
     */
    public static Plan resident(int workGroupSize, int vectorWidth) {
        return new Plan(Strategy.RESIDENT, workGroupSize, vectorWidth, 1, 1, false, false, false);
    }

    /**
     * A plan with a work-group for some sets of a sample, side by side, where sets lie across rows.
     *
     * @param workGroupSize work-items of a work-group
     * @param vectorWidth elements of a vector load
     * @param sets of a sample that a work-group takes
     * @return the plan
     */
    public static Plan residentAcross(int workGroupSize, int vectorWidth, int sets) {
        return new Plan(Strategy.RESIDENT, workGroupSize, vectorWidth, 1, sets, false, false, false);
    }

    /**
     * A plan with several work-groups for each set.
     *
     * @param workGroupSize work-items of a work-group
     * @param vectorWidth elements of a vector load
     * @param blocksPerPart blocks that a work-group takes
     * @return a plan that merges the blocks in every work-group
     */
    public static Plan split(int workGroupSize, int vectorWidth, int blocksPerPart) {
        return new Plan(Strategy.SPLIT, workGroupSize, vectorWidth, blocksPerPart, 1, false, false, false);
    }

    /**
     * A plan with several sets for each work-group.
     *
     * @param workGroupSize work-items of a work-group
     * @param vectorWidth elements of a vector load
     * @param setsPerTeam sets that each team takes in turn
     * @return a plan that keeps nothing in local memory
     */
    public static Plan packed(int workGroupSize, int vectorWidth, int setsPerTeam) {
        return new Plan(Strategy.PACKED, workGroupSize, vectorWidth, 1, setsPerTeam, false, false, false);
    }

    /**
     * A plan for a backward pass with a tile of samples for each work-group.
     *
     * @param workGroupSize work-items of a work-group, one team
     * @param vectorWidth elements of a vector load
     * @return the plan
     */
    public static Plan tiled(int workGroupSize, int vectorWidth) {
        return new Plan(Strategy.TILED, workGroupSize, vectorWidth, 1, 1, false, false, false);
    }

    /**
     * This plan with the set kept in local memory or not.
     *
     * @param keep the new value
     * @return the changed plan
     */
    public Plan withKeepSet(boolean keep) {
        return new Plan(strategy, workGroupSize, vectorWidth, blocksPerPart, setsPerTeam, keep, mergeOnce, nonTemporal);
    }

    /**
     * This plan with a launch of its own for the merge or not.
     *
     * @param once the new value
     * @return the changed plan
     */
    public Plan withMergeOnce(boolean once) {
        return new Plan(strategy, workGroupSize, vectorWidth, blocksPerPart, setsPerTeam, keepSet, once, nonTemporal);
    }

    /**
     * This plan with the output written past the cache or not.
     *
     * @param past the new value
     * @return the changed plan
     */
    public Plan withNonTemporal(boolean past) {
        return new Plan(strategy, workGroupSize, vectorWidth, blocksPerPart, setsPerTeam, keepSet, mergeOnce, past);
    }

    /**
     * Work-items of a team.
     *
     * @return the work-group's, or as many as it takes to hold a vector each of the 64 lanes
     */
    public int team() {
        return Math.min(workGroupSize, LANES / vectorWidth);
    }

    /**
     * Teams of a work-group.
     *
     * @return work-group size over team size
     */
    public int teams() {
        return workGroupSize / team();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append(strategy)
                .append(", work-group ")
                .append(workGroupSize)
                .append(", vector ")
                .append(vectorWidth);
        if (strategy == Strategy.SPLIT) {
            text.append(", ").append(blocksPerPart).append(" blocks a part");
        }
        if (strategy == Strategy.PACKED) {
            text.append(", ").append(setsPerTeam).append(" sets a team");
        }
        if (strategy == Strategy.RESIDENT && setsPerTeam > 1) {
            text.append(", ").append(setsPerTeam).append(" sets side by side");
        }
        if (keepSet) {
            text.append(", set in local memory");
        }
        if (mergeOnce) {
            text.append(", merged once");
        }
        if (nonTemporal) {
            text.append(", non-temporal stores");
        }
        return text.toString();
    }
}
