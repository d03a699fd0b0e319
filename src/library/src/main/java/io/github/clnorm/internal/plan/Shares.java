package io.github.clnorm.internal.plan;

import static io.github.clnorm.internal.geometry.Divide.ceil;

import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;

/**
 * How the work on a sample is divided among work-groups where sums go across rows: a share is one tile by one strip of
 * columns.
 *
 * <p>Immutable and thread-safe.
 *
 * @param strips strips of a long row
 * @param perPart shares that a work-group takes
 * @param parts work-groups of a sample
 */
public record Shares(int strips, long perPart, long parts) {

    /**
     * The shares of a plan.
     *
     * @param plan the plan
     * @param columns the columns of a sample
     * @return the division of a sample; a work-group takes about {@code blocksPerPart} blocks of 1024 elements, or one share
     *     with a plan that has no parts
     */
    public static Shares of(Plan plan, Columns columns) {
        int blocksPerPart = plan instanceof SplitPlan split ? split.blocksPerPart() : 1;
        int strip = stripColumns(plan);
        long strips = ceil(columns.columns(), strip);
        long all = strips * columns.tiles();
        long blocksOfShare = Math.max(1, (long) Columns.TILE_ROWS * Math.min(strip, columns.columns()) / Cut.BLOCK);
        long perPart = Math.max(1, Math.min(all, blocksPerPart / blocksOfShare));
        return new Shares((int) strips, perPart, ceil(all, perPart));
    }

    /** Columns of a strip. */
    static int stripColumns(Plan plan) {
        return plan.team() == 1 ? KernelConstants.VECTORS_OF_ONE * plan.vectorWidth() : KernelConstants.STRIP_OF_A_TEAM;
    }
}
