package io.github.clnorm.tools.comparison;

import io.github.clnorm.tools.measure.Suite;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/** Which suite a workload is from. */
public final class SuiteOf {

    /** The name of what is in no suite. */
    public static final String OTHER = "other";

    private static final Map<String, String> BY_WORKLOAD = new HashMap<>();

    static {
        // The quick selection last: its workloads are from the others.
        Stream.of(Suite.values())
                .sorted(Comparator.comparing(suite -> suite == Suite.QUICK))
                .forEach(suite -> suite.workloads()
                        .forEach(workload -> BY_WORKLOAD.putIfAbsent(workload.name(), suite.toString())));
    }

    private SuiteOf() {}

    /**
     * The suite that a pass belongs to: one that is named after a network or an operation, before the quick selection.
     *
     * @param pass of a workload
     * @return the suite's name
     */
    public static String name(MeasuredPass pass) {
        return BY_WORKLOAD.getOrDefault(pass.workload(), OTHER);
    }
}
