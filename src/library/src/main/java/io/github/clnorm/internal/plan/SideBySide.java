package io.github.clnorm.internal.plan;

import static io.github.clnorm.internal.geometry.Divide.ceil;

import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Geometry;

/**
 * How the sets of a sample are divided among work-groups that take whole sets across rows.
 *
 * <p>Immutable and thread-safe.
 *
 * @param sets sets that a work-group takes, at most
 * @param columns columns of these sets in a long row
 * @param strips strips of these columns
 * @param parts work-groups of a sample
 */
public record SideBySide(int sets, int columns, int strips, int parts) {

    /**
     * The parts of a plan.
     *
     * @param plan the plan
     * @param geometry sets across rows
     * @return the division of a sample
     */
    public static SideBySide of(ResidentPlan plan, Geometry geometry) {
        Columns columns = Columns.of(geometry);
        int sets = (int) Math.min(geometry.groups(), plan.sets());
        int taken = (int) (columns.columns() / geometry.groups() * sets);
        int strips = (int) ceil(taken, Shares.stripColumns(plan));
        return new SideBySide(sets, taken, strips, (int) ceil(geometry.groups(), sets));
    }
}
