package io.github.clnorm.internal.plan;

import io.github.clnorm.internal.geometry.Cut;

/** Constants of the kernels that shares and loop trips are computed with. KernelConstantsTest compares them. */
final class KernelConstants {

    /** STRIP of teams: columns of a strip. */
    static final int STRIP_OF_A_TEAM = Cut.LANES;

    /** STRIP of single work-items: vectors of a strip. */
    static final int VECTORS_OF_ONE = 32;

    /** PIVOT_ROWS: rows whose mean is the pivot of a column. */
    static final int PIVOT_ROWS = 16;

    /** STRETCH_BLOCKS in elements: the part of a row that is normalized in one go. */
    static final long STRETCH = 64L * Cut.BLOCK;

    /** END: elements that lanes take together at the end of a block. */
    static final int END = 16;

    /** AT_ONCE without an activation: vectors of dx in one iteration. */
    static final int AT_ONCE = 4;

    private KernelConstants() {}
}
