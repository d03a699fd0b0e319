package io.github.clnorm.compare;

import io.github.clnorm.measure.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A run that others are held against: each device against the same one there, or against the only one there is. */
public final class Baseline {

    private final Comparison comparison;
    private final Map<Column, Column> baselineOf = new LinkedHashMap<>();

    /**
     * Holds runs against one of them.
     *
     * @param comparison all runs
     * @param run the one of them that is the baseline
     * @throws IllegalArgumentException when nothing in the others can be held against it
     */
    public Baseline(Comparison comparison, SavedRun run) {
        this.comparison = comparison;
        List<Column> candidates = comparison.columns().stream()
                .filter(column -> column.run() == run && column.device().isMeasured())
                .toList();
        for (Column column : comparison.columns()) {
            if (column.run() != run) {
                candidates.stream()
                        .filter(candidate -> candidate.device().isSameAs(column.device()))
                        .findFirst()
                        .or(() -> candidates.size() == 1 ? Optional.of(candidates.get(0)) : Optional.empty())
                        .ifPresent(candidate -> baselineOf.put(column, candidate));
            }
        }
        boolean any = baselineOf.keySet().stream()
                .anyMatch(column -> comparison.passes().stream().anyMatch(pass -> ratio(pass, column).isPresent()));
        if (!any) {
            throw new IllegalArgumentException(
                    "nothing to hold against the baseline " + run.source() + ": no other run measured one of its rows"
                            + (candidates.size() > 1 ? " on one of its devices" : ""));
        }
    }

    /**
     * What a column is held against.
     *
     * @param column of any run
     * @return a column of the baseline; empty for the baseline itself, and where it has no such device
     */
    public Optional<Column> of(Column column) {
        return Optional.ofNullable(baselineOf.get(column));
    }

    /**
     * A time over the baseline's.
     *
     * @param pass a row
     * @param column of any run
     * @return the ratio; empty where one of the two was not measured
     */
    public Optional<Ratio> ratio(Pass pass, Column column) {
        return of(column)
                .flatMap(before -> comparison.figures(pass, before))
                .flatMap(before -> comparison.figures(pass, column)
                        .map(now -> Ratio.of(now.time(), before.time())));
    }

    /**
     * A row that is worse than in the baseline.
     *
     * @param pass the row
     * @param column the device
     * @param what is worse
     */
    public record Regression(Pass pass, Column column, String what) {}

    /**
     * The rows that are slower than in the baseline beyond the noise, and those that were measured there and now fail.
     *
     * @param percent how much slower is still let pass
     * @return the rows, none where all is well
     */
    public List<Regression> regressions(double percent) {
        List<Regression> regressions = new ArrayList<>();
        for (Column column : baselineOf.keySet()) {
            for (Pass pass : comparison.passes()) {
                Optional<Ratio> ratio = ratio(pass, column);
                if (ratio.isPresent()) {
                    if (ratio.get().isSlowerBy(percent)) {
                        regressions.add(new Regression(pass, column, "takes " + ratio.get() + " times as long"));
                    }
                } else if (comparison.figures(pass, baselineOf.get(column)).isPresent()) {
                    comparison.row(pass, column)
                            .filter(row -> row.status() != Row.Status.OK)
                            .ifPresent(row -> regressions.add(
                                    new Regression(pass, column, row.status() + ": " + row.reason())));
                }
            }
        }
        return regressions;
    }

    /**
     * What could not be held against the baseline.
     *
     * @return a sentence each
     */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        for (Column column : comparison.columns()) {
            Optional<Column> before = of(column);
            if (before.isPresent()) {
                long missing = comparison.passes().stream()
                        .filter(pass -> comparison.figures(pass, before.get()).isPresent())
                        .filter(pass -> comparison.row(pass, column).isEmpty())
                        .count();
                if (missing > 0) {
                    warnings.add(column.letter() + " lacks " + missing + " of the rows of its baseline, " + before.get().letter());
                }
                if (!before.get().device().isSameAs(column.device())) {
                    warnings.add(column.letter() + " is another device than its baseline, " + before.get().letter());
                }
            } else if (baselineOf.values().stream().noneMatch(known -> known.run() == column.run())) {
                warnings.add(column.letter() + " has no device in the baseline to be held against");
            }
        }
        return warnings;
    }
}
