package io.github.clnorm.tools.compilers;

import java.util.Set;

/** What plans count on. */
final class Expectation {

    private static final int AT_ONCE = 4;
    private static final double LEAST_OCCUPANCY = 0.25;
    private static final Set<String> SINGLE = Set.of("nothing", "running");

    private Expectation() {}

    /** Vectors that a kernel reads before it uses the first one. */
    static int loads(KernelBuild build) {
        if (SINGLE.contains(build.kernel())) {
            return 0;
        }
        return build.hasActivation() || build.isMerge() ? 1 : AT_ONCE;
    }

    /** The share of a unit's waves that must be resident. */
    static double occupancy(PlannedKernel planned) {
        return LEAST_OCCUPANCY;
    }
}
