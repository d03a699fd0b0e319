package io.github.clnorm.tools.bench;

import io.github.clnorm.NormSpec;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.measure.Workload;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/** Table lines that begin with a pass: its workload, type, layout and direction. */
public final class PassCells {

    private PassCells() {}

    /** A line with figures. */
    public static String[] of(Workload workload, Direction direction, String... figures) {
        return Stream.concat(first(workload, direction), Stream.of(figures)).toArray(String[]::new);
    }

    /** A line without figures: a dash in their columns, and the reason in the last one. */
    public static String[] without(
            int columns, Workload workload, Direction direction, RowStatus status, String reason) {
        List<String> dashes = Collections.nCopies(columns, "-");
        return Stream.of(first(workload, direction), dashes.stream(), Stream.of(status + ": " + reason))
                .flatMap(cells -> cells)
                .toArray(String[]::new);
    }

    private static Stream<String> first(Workload workload, Direction direction) {
        String layout = workload.operation().takes(NormSpec.Argument.LAYOUT)
                ? workload.layout().toString()
                : "-";
        return Stream.of(workload.name(), workload.type().toString(), layout, direction.toString());
    }
}
