package io.github.clnorm.internal.plan;

import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Geometry;

/**
 * The launch parameters of one pass, forward or backward: a record for each {@link Strategy}.
 *
 * <p>A work-group is divided into teams. A team sums a block in 64 lanes; each register of a work-item holds
 * {@code vectorWidth} of them.
 *
 * <p>Immutable and thread-safe.
 */
public sealed interface Plan permits WholeSetsPlan, SplitPlan, TiledPlan {

    /**
     * How sets are assigned to work-groups.
     *
     * @return the strategy of this record
     */
    Strategy strategy();

    /**
     * Work-items of a work-group.
     *
     * @return a power of two
     */
    int workGroupSize();

    /**
     * Elements of a vector load.
     *
     * @return 1, 2, 4, 8 or 16
     */
    int vectorWidth();

    /**
     * Whether the output is written with non-temporal stores, on devices whose compiler has them.
     *
     * @return true to bypass the cache
     */
    boolean nonTemporal();

    /**
     * This plan with another work-group size.
     *
     * @param size a power of two
     * @return the changed plan
     */
    Plan withWorkGroupSize(int size);

    /**
     * This plan with another vector width.
     *
     * @param width 1, 2, 4, 8 or 16
     * @return the changed plan
     */
    Plan withVectorWidth(int width);

    /**
     * This plan with non-temporal stores or without.
     *
     * @param bypass whether stores bypass the cache
     * @return the changed plan
     */
    Plan withNonTemporal(boolean bypass);

    /**
     * Work-items of a team.
     *
     * @return the work-group size, but at most as many as hold the 64 lanes with one vector each
     */
    default int team() {
        return Math.min(workGroupSize(), Cut.LANES / vectorWidth());
    }

    /**
     * Teams of a work-group.
     *
     * @return work-group size over team size
     */
    default int teams() {
        return workGroupSize() / team();
    }

    /**
     * Work-items that share a set.
     *
     * @return those of a work-group; of a team if each team has a set of its own
     */
    default int members() {
        return workGroupSize();
    }

    /**
     * How many of the work-items that share a set work on one of its runs. The others take the next runs.
     *
     * @param geometry the sets
     * @return a power of two, at most {@link #members}
     */
    default int itemsPerRun(Geometry geometry) {
        long vectors = Math.max(1, geometry.run() / vectorWidth());
        long items = Long.highestOneBit(vectors);
        return (int) Math.min(items < vectors ? 2 * items : items, members());
    }

    /**
     * A plan with one work-group for each set.
     *
     * @param workGroupSize work-items of a work-group
     * @param vectorWidth elements of a vector load
     * @return a plan without local copies, launches for merging, and non-temporal stores
     */
    static ResidentPlan resident(int workGroupSize, int vectorWidth) {
        return new ResidentPlan(workGroupSize, vectorWidth, 1, SecondRead.GLOBAL, false, false);
    }

    /**
     * A plan with one work-group for several sets of a sample, side by side, for sets across rows.
     *
     * @param workGroupSize work-items of a work-group
     * @param vectorWidth elements of a vector load
     * @param sets sets of a sample that a work-group takes
     * @return a plan without non-temporal stores
     */
    static ResidentPlan residentAcross(int workGroupSize, int vectorWidth, int sets) {
        return new ResidentPlan(workGroupSize, vectorWidth, sets, SecondRead.GLOBAL, false, false);
    }

    /**
     * A plan with several work-groups for each set.
     *
     * @param workGroupSize work-items of a work-group
     * @param vectorWidth elements of a vector load
     * @param blocksPerPart blocks that a work-group takes
     * @return a plan without a launch for merging, and without non-temporal stores
     */
    static SplitPlan split(int workGroupSize, int vectorWidth, int blocksPerPart) {
        return new SplitPlan(workGroupSize, vectorWidth, blocksPerPart, false, 1, false);
    }

    /**
     * A plan with one set at a time for each team of a work-group.
     *
     * @param workGroupSize work-items of a work-group
     * @param vectorWidth elements of a vector load
     * @param setsPerTeam sets that each team takes in turn
     * @return a plan without local copies, launches for merging, and non-temporal stores
     */
    static PackedPlan packed(int workGroupSize, int vectorWidth, int setsPerTeam) {
        return new PackedPlan(workGroupSize, vectorWidth, setsPerTeam, SecondRead.GLOBAL, false, false);
    }

    /**
     * A plan of a backward pass with one work-group for each tile of samples.
     *
     * @param workGroupSize work-items of a work-group, one team
     * @param vectorWidth elements of a vector load
     * @return a plan without non-temporal stores
     */
    static TiledPlan tiled(int workGroupSize, int vectorWidth) {
        return new TiledPlan(workGroupSize, vectorWidth, false);
    }
}
