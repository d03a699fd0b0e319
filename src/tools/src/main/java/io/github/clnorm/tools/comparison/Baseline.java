package io.github.clnorm.tools.comparison;

import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.RowStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Compares runs with a baseline: each device with the same device of the baseline. A run that shares no device with the
 * baseline is compared with the baseline's only device.
 */
public final class Baseline {

    private final Comparison comparison;
    private final SavedRun run;
    private final Map<Column, Column> baselineOf = new LinkedHashMap<>();

    /**
     * Compares runs with one of them.
     *
     * @param comparison all runs
     * @param run the baseline
     * @throws IllegalArgumentException if nothing in the other runs can be compared with it
     */
    public Baseline(Comparison comparison, SavedRun run) {
        this.comparison = comparison;
        this.run = run;
        List<Column> candidates = comparison.columns().stream()
                .filter(column -> column.run() == run)
                .toList();
        for (Column column : comparison.columns()) {
            if (column.run() != run) {
                same(candidates, column)
                        .or(() -> only(candidates, column.run()))
                        .filter(candidate -> candidate.device().isMeasured())
                        .ifPresent(candidate -> baselineOf.put(column, candidate));
            }
        }
        // A row that fails now must be reported as a failure, not as an invalid request.
        boolean any = baselineOf.keySet().stream()
                .anyMatch(column -> isLost(column)
                        || before(column)
                                .anyMatch(pass -> comparison.row(pass, column).isPresent()));
        if (!any) {
            throw new IllegalArgumentException(
                    "nothing to hold against the baseline " + run.source() + ": no other run measured one of its rows"
                            + (candidates.size() > 1 ? " on one of its devices" : ""));
        }
    }

    /** The same device. If several have the same name, the one at the same position among them. */
    private Optional<Column> same(List<Column> candidates, Column column) {
        long place = comparison.columns().stream()
                .filter(other -> other.run() == column.run() && other.device().isSameAs(column.device()))
                .takeWhile(other -> other != column)
                .count();
        return candidates.stream()
                .filter(candidate -> candidate.device().isSameAs(column.device()))
                .skip(place)
                .findFirst();
    }

    /** The baseline's only device, for a run that does not have it. */
    private static Optional<Column> only(List<Column> candidates, SavedRun run) {
        return candidates.size() == 1
                        && run.devices().stream().noneMatch(candidates.get(0).device()::isSameAs)
                ? Optional.of(candidates.get(0))
                : Optional.empty();
    }

    /** The passes that were measured on a column's baseline. */
    private Stream<MeasuredPass> before(Column column) {
        Column before = baselineOf.get(column);
        return comparison.passes().stream()
                .filter(pass -> comparison.figures(pass, before).isPresent());
    }

    private long missing(Column column) {
        return before(column)
                .filter(pass -> comparison.row(pass, column).isEmpty())
                .count();
    }

    /** Whether a device could not be opened or was lost. */
    private static boolean isLost(Column column) {
        return !column.device().problem().isEmpty();
    }

    /**
     * Whether a column belongs to the baseline.
     *
     * @param column of any run
     * @return whether others are compared with it
     */
    public boolean isOwn(Column column) {
        return column.run() == run;
    }

    /**
     * The column that another one is compared with.
     *
     * @param column of any run
     * @return a column of the baseline; empty for the baseline itself, and if the baseline does not have the device
     */
    public Optional<Column> of(Column column) {
        return Optional.ofNullable(baselineOf.get(column));
    }

    /**
     * A time divided by the baseline's.
     *
     * @param pass a row
     * @param column of any run
     * @return the ratio; empty if one of the two was not measured
     */
    public Optional<Ratio> ratio(MeasuredPass pass, Column column) {
        return of(column)
                .flatMap(before -> comparison.figures(pass, before))
                .flatMap(before -> comparison.figures(pass, column).map(now -> Ratio.of(now.time(), before.time())));
    }

    /**
     * The times of a device divided by the baseline's.
     *
     * @param column of any run
     * @param direction of the passes
     * @return a ratio for each row that both have
     */
    public List<Ratio> ratios(Column column, Direction direction) {
        return comparison.passes().stream()
                .filter(pass -> pass.direction() == direction)
                .flatMap(pass -> ratio(pass, column).stream())
                .toList();
    }

    /**
     * A regression against the baseline.
     *
     * @param row the row, or the number of rows
     * @param column the device
     * @param what became worse
     */
    public record Regression(String row, Column column, String what) {}

    /**
     * The regressions: rows that are slower than the baseline beyond their noise; geometric means over two or more rows
     * of a direction that are slower beyond the noise of the mean, even if each row alone may be noise; and rows that
     * were measured in the baseline and now fail with an error, as unsupported, or because the device was lost. Skipped
     * and missing rows are not regressions.
     *
     * @param percent how much slower is still accepted
     * @return the regressions; empty if there are none
     */
    public List<Regression> regressions(double percent) {
        List<Regression> regressions = new ArrayList<>();
        for (Column column : baselineOf.keySet()) {
            long missing = missing(column);
            if (isLost(column) && missing > 0) {
                regressions.add(new Regression(
                        missing == 1 ? "1 row" : missing + " rows",
                        column,
                        column.device().problem()));
            }
            before(column).forEach(pass -> {
                ratio(pass, column)
                        .filter(ratio -> ratio.isSlowerBy(percent))
                        .ifPresent(ratio -> regressions.add(
                                new Regression(pass.toString(), column, "takes " + ratio + " times as long")));
                comparison
                        .row(pass, column)
                        .filter(row -> row.status() == RowStatus.ERROR || row.status() == RowStatus.UNSUPPORTED)
                        .ifPresent(row -> regressions.add(
                                new Regression(pass.toString(), column, row.status() + ": " + row.reason())));
            });
            for (Direction direction : Direction.values()) {
                List<Ratio> ratios = ratios(column, direction);
                if (ratios.size() > 1 && Ratio.mean(ratios).isSlowerBy(percent)) {
                    regressions.add(new Regression(
                            "geometric mean of " + ratios.size() + " rows, " + direction,
                            column,
                            "takes " + Ratio.mean(ratios) + " times as long"));
                }
            }
        }
        return regressions;
    }

    /**
     * What could not be compared with the baseline.
     *
     * @return sentences
     */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        for (Column column : comparison.columns()) {
            if (isOwn(column)) {
                if (column.device().isMeasured() && !baselineOf.containsValue(column)) {
                    warnings.add(column.letter() + ", " + column.label() + ", of the baseline is in no other run");
                }
            } else if (!baselineOf.containsKey(column)) {
                warnings.add(column.letter() + " has no device in the baseline to be held against");
            } else {
                warnings.addAll(warnings(column, baselineOf.get(column)));
            }
        }
        return warnings;
    }

    private List<String> warnings(Column column, Column before) {
        List<String> warnings = new ArrayList<>();
        if (!before.device().isSameAs(column.device())) {
            warnings.add(column.letter() + " is another device than its baseline, " + before.letter());
        }
        long missing = missing(column);
        if (missing > 0) {
            warnings.add(column.letter() + " lacks " + missing + " of the rows of its baseline, " + before.letter());
        }
        long skipped = before(column)
                .filter(pass -> comparison
                        .row(pass, column)
                        .filter(row -> row.status() == RowStatus.SKIPPED)
                        .isPresent())
                .count();
        if (skipped > 0) {
            warnings.add(column.letter() + " skipped " + skipped + " of the rows of its baseline, " + before.letter());
        }
        return warnings;
    }
}
