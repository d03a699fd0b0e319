package io.github.clnorm.compare;

import io.github.clnorm.measure.Suite;
import java.util.Arrays;
import java.util.Comparator;

/** Which suite a workload is from. */
public final class SuiteOf {

    /** The name of what is in no suite. */
    public static final String OTHER = "other";

    private SuiteOf() {}

    /**
     * The suite that a pass belongs to: one that is named after a network or an operation, before the quick selection.
     *
     * @param pass of a workload
     * @return the suite's name
     */
    public static String name(Pass pass) {
        return Arrays.stream(Suite.values())
                .sorted(Comparator.comparing(suite -> suite == Suite.QUICK))
                .filter(suite -> suite.workloads().stream().anyMatch(workload -> workload.name().equals(pass.workload())))
                .map(Suite::toString)
                .findFirst()
                .orElse(OTHER);
    }
}
