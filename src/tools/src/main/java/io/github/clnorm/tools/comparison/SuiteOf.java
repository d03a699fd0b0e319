package io.github.clnorm.tools.comparison;

import io.github.clnorm.tools.measure.Suite;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/** Finds the suite of a workload. */
public final class SuiteOf {

    /** The name for workloads that are in no suite. */
    public static final String OTHER = "other";

    private static final Map<String, String> BY_WORKLOAD = new HashMap<>();

    static {
        // The quick suite comes last: its workloads also belong to other suites.
        Stream.of(Suite.values())
                .sorted(Comparator.comparing(suite -> suite == Suite.QUICK))
                .forEach(suite -> suite.workloads()
                        .forEach(workload -> BY_WORKLOAD.putIfAbsent(workload.name(), suite.toString())));
    }

    private SuiteOf() {}

    /**
     * The suite of a pass. A suite of a network or an operation takes precedence over quick.
     *
     * @param pass of a workload
     * @return the suite's name
     */
    public static String name(MeasuredPass pass) {
        return BY_WORKLOAD.getOrDefault(pass.workload(), OTHER);
    }
}
