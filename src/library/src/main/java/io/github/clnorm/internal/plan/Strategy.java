package io.github.clnorm.internal.plan;

import java.util.Locale;

/** How sets are assigned to work-groups and launches. Immutable and thread-safe. */
public enum Strategy {
    /** {@link ResidentPlan}: a work-group takes a whole set. One launch. */
    RESIDENT,
    /** {@link SplitPlan}: several work-groups share a set. Two launches, or three if merging has its own. */
    SPLIT,
    /** {@link PackedPlan}: a work-group takes several small sets, one per team. One launch. */
    PACKED,
    /** {@link TiledPlan}, backward only: a team takes a tile of samples. One launch, and one to merge the sums. */
    TILED;

    /** The name in results and tuning files. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
