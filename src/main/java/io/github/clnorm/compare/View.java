package io.github.clnorm.compare;

import io.github.clnorm.measure.Direction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A comparison as somebody wants to see it: every table of it shows the same cells.
 *
 * @param comparison runs side by side
 * @param metric what cells show
 * @param baseline what times are held against, if anything
 */
public record View(Comparison comparison, Metric metric, Optional<Baseline> baseline) {

    /** A cell where a run has no such row. */
    public static final String MISSING = "missing";

    /**
     * What a cell says.
     *
     * @param pass its row
     * @param column its column
     * @return a figure without its unit, or in a word why there is none
     */
    public String cell(Pass pass, Column column) {
        return comparison.row(pass, column)
                .map(row -> row.isMeasured() ? metric.text(metric.of(row.figures())) : row.status().toString())
                .orElse(MISSING);
    }

    /**
     * Whether a device is the best at a pass, or as good as the best.
     *
     * @param pass the row
     * @param column the column
     * @return false where there is nobody to compare it with
     */
    public boolean isBest(Pass pass, Column column) {
        return comparison.winners(pass, metric).contains(column);
    }

    /**
     * What a cell says next to the baseline's.
     *
     * @param pass its row
     * @param column its column
     * @return the ratio of times with its noise band, and in a word what it means where the band lies on one side of 1
     */
    public String ratio(Pass pass, Column column) {
        return baseline.flatMap(base -> base.ratio(pass, column))
                .map(ratio -> ratio + (ratio.isSlowerBy(0) ? " slower" : ratio.most() < 1 ? " faster" : ""))
                .orElse("-");
    }

    /**
     * The columns that have a ratio beside them.
     *
     * @return none without a baseline
     */
    public List<Column> held() {
        return baseline.stream()
                .flatMap(base -> comparison.columns().stream().filter(column -> base.of(column).isPresent()))
                .toList();
    }

    /**
     * What the ratio beside a column is of.
     *
     * @param column one of {@link #held}
     * @return such as {@code B/A}
     */
    public String ratioName(Column column) {
        return column.letter() + "/" + baseline.flatMap(base -> base.of(column)).orElseThrow().letter();
    }

    /**
     * The geometric mean at the foot of a column.
     *
     * @param column the column
     * @param direction of the passes
     * @return over the passes that all measured devices have; a hyphen where there are none
     */
    public String mean(Column column, Direction direction) {
        if (!column.device().isMeasured()) {
            return "-";
        }
        OptionalDouble mean = comparison.mean(column, comparison.common(direction), metric);
        return mean.isPresent() ? metric.text(mean.getAsDouble()) : "-";
    }

    /**
     * The geometric mean of the ratios of a column.
     *
     * @param column one of {@link #held}
     * @param direction of the passes
     * @return over the passes that both have; a hyphen where there are none
     */
    public String meanRatio(Column column, Direction direction) {
        double[] ratios = comparison.passes().stream()
                .filter(pass -> pass.direction() == direction)
                .map(pass -> baseline.orElseThrow().ratio(pass, column).orElse(null))
                .filter(Objects::nonNull)
                .mapToDouble(Ratio::median)
                .toArray();
        return ratios.length == 0 ? "-" : FigureText.ratio(Means.geometric(ratios));
    }

    /**
     * The directions that there are rows of.
     *
     * @return forward, backward or both
     */
    public List<Direction> directions() {
        return Arrays.stream(Direction.values())
                .filter(direction -> comparison.passes().stream().anyMatch(pass -> pass.direction() == direction))
                .toList();
    }

    /**
     * What is said below a table: who is best how often, and why cells have no figures.
     *
     * @return a sentence each
     */
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        List<Column> columns = comparison.columns();
        if (columns.size() > 1) {
            List<String> wins = columns.stream()
                    .map(column -> column.letter() + " "
                            + comparison.passes().stream().filter(pass -> isBest(pass, column)).count())
                    .toList();
            long compared =
                    comparison.passes().stream().filter(pass -> !comparison.winners(pass, metric).isEmpty()).count();
            notes.add("Best of " + compared + " rows that several have: " + String.join(", ", wins) + ".");
        }
        for (Column column : columns) {
            Map<String, Integer> reasons = new LinkedHashMap<>();
            for (Pass pass : comparison.passes()) {
                String why = comparison.row(pass, column)
                        .map(row -> row.isMeasured() ? "" : row.status() + ": " + row.reason())
                        .orElse(MISSING + ": its run has no such row");
                if (!why.isEmpty()) {
                    reasons.merge(why, 1, Integer::sum);
                }
            }
            reasons.forEach((why, rows) -> notes.add(String.format(
                    Locale.ROOT, "%s, %d %s %s.", column.letter(), rows, rows == 1 ? "row" : "rows", why)));
        }
        return notes;
    }

    /**
     * What a reader must know before comparing.
     *
     * @return a sentence each
     */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>(comparison.warnings());
        baseline.ifPresent(base -> warnings.addAll(base.warnings()));
        return warnings;
    }
}
