package io.github.clnorm.tools.tutorial;

import java.util.function.ToLongFunction;

/** The units that a kernel is parallel over. */
enum Unit {
    SETS(Extent::sets),
    /** Two sums for each set. */
    SUMS_OF_SETS(extent -> 2L * extent.sets()),
    /** Blocks of sets. */
    BLOCKS(Extent::blocks),
    /** Blocks of the channels of each sample. */
    PIECES(Extent::pieces),
    /** A gamma and a beta for each channel. */
    PARAMETERS(extent -> 2L * extent.c());

    private final ToLongFunction<Extent> count;

    Unit(ToLongFunction<Extent> count) {
        this.count = count;
    }

    long count(Extent extent) {
        return count.applyAsLong(extent);
    }
}
