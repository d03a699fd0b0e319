package io.github.clnorm.internal.plan;

import io.github.clnorm.internal.geometry.Cut;

/** Constants of the kernels that shares and loop trips are computed with. KernelConstantsTest compares them. */
final class KernelConstants {

    /** STRIP of teams: columns of a strip. */
    static final int STRIP_OF_A_TEAM = Cut.LANES;

    /** STRIP of single work-items: vectors of a strip. */
    static final int VECTORS_OF_ONE = 32;

    /** PIVOT_ROWS: rows of a tile that are read twice. */
    static final int PIVOT_ROWS = 16;

    /** Elements of STRETCH_BLOCKS. */
    static final long STRETCH = 64L * Cut.BLOCK;

    /** END: blocks with fewer elements are summed lane by lane. */
    static final int END = 16;

    /** AT_ONCE: vectors of dx that a work-item computes together. */
    static final int AT_ONCE = 4;

    private KernelConstants() {}
}
