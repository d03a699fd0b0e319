package io.github.clnorm.internal.plan;

import java.util.Locale;

/** The ways to cut the work into work-groups and launches. Immutable and thread-safe. */
public enum Strategy {
    /**
     * A work-group takes a whole set, or several that lie side by side across rows: one launch; the set is read again from
     * local memory or cache.
     */
    RESIDENT,
    /** Several work-groups share a set: two launches, or three where merging the blocks has its own. */
    SPLIT,
    /** A work-group takes several small sets, one a team: one launch. */
    PACKED,
    /**
     * Backward only: a team takes a tile of samples, one after another, and sums the gradients of every element's own
     * parameters as it goes: one launch, and one to merge these sums.
     */
    TILED;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
