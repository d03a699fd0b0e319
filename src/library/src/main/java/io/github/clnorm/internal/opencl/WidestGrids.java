package io.github.clnorm.internal.opencl;

import java.util.HashSet;
import java.util.Set;

/**
 * The kernels of this process whose widest grid PoCL has seen. PoCL 3.1 loads a kernel's binary again for each grid that is
 * wider than all before, and counts the users of a binary without telling those two apart: if threads launch such a kernel
 * at the same time, a count falls below 0, and PoCL ends the process. Therefore the first launch of a kernel is the widest, and
 * does nothing. Of more than 128 binaries, PoCL forgets the one that was not used for longest. Thread-safe.
 */
final class WidestGrids {

    /** The widest grid for which PoCL compiles the same code as for smaller ones. Wider launches are divided. */
    static final int WIDEST = (1 << 16) - 2;

    // Kernels of one generation. PoCL keeps 128 binaries; an application's own kernels count, too.
    private static final int KEPT = 64;

    private static final Set<String> SEEN = new HashSet<>();
    private static volatile int generation;

    private WidestGrids() {}

    /** Changes when PoCL may have forgotten binaries. A kernel's widest launch counts for one generation. */
    static int generation() {
        return generation;
    }

    /** Called before a kernel's widest launch; returns its generation. */
    static synchronized int add(String kernel) {
        if (SEEN.add(kernel) && SEEN.size() > KEPT) {
            SEEN.clear();
            SEEN.add(kernel);
            generation++;
        }
        return generation;
    }
}
