package io.github.clnorm.bench.peers;

import io.github.clnorm.NormSpec;
import io.github.clnorm.tools.measure.Additions;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads {@link Workload#name()}: JMH hands a workload to its processes as text. */
final class WorkloadName {

    private static final Pattern NAME = Pattern.compile("(\\w+) (\\d+(?:x\\d+)*)(?: G=(\\d+))?((?: [a-z_]\\S*)*)");

    private WorkloadName() {}

    static Workload parse(String name, ElementType type, Layout layout) {
        Matcher parts = NAME.matcher(name);
        if (!parts.matches()) {
            throw new IllegalArgumentException(
                    "'" + name + "' is no workload such as 'group_norm 2x320x64x64 G=32 silu'");
        }
        List<Long> dimensions =
                Arrays.stream(parts.group(2).split("x")).map(Long::valueOf).toList();
        long groups = parts.group(3) == null ? 0 : Long.parseLong(parts.group(3));
        return new Workload(NormSpec.Kind.parse(parts.group(1)), dimensions, groups, type, layout)
                .with(Additions.parse(parts.group(4)));
    }
}
