package io.github.clnorm.tools.comparison;

import io.github.clnorm.tools.measure.Direction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * A comparison with the metric and baseline that every table of it shows.
 *
 * @param comparison runs side by side
 * @param metric the metric of the cells
 * @param baseline the baseline, if any
 */
public record View(Comparison comparison, Metric metric, Optional<Baseline> baseline) {

    private static final String MISSING = "missing";
    private static final List<String> NAMES = List.of("workload", "type", "layout", "pass");

    /**
     * The same view with another metric.
     *
     * @param other the metric of the cells
     * @return the changed view
     */
    public View by(Metric other) {
        return new View(comparison, other, baseline);
    }

    /**
     * Rows of the comparison: a line for each pass and a cell for each device, followed by the ratios to the baseline.
     *
     * @param passes of the comparison
     * @return the table
     */
    public Grid grid(List<MeasuredPass> passes) {
        List<Grid.Line> lines = new ArrayList<>();
        for (MeasuredPass pass : passes) {
            List<Column> winners = comparison.winners(pass, metric);
            List<Grid.Cell> cells = new ArrayList<>();
            for (Column column : comparison.columns()) {
                cells.add(new Grid.Cell(cell(pass, column), winners.contains(column)));
            }
            held().forEach(column -> cells.add(Grid.Cell.plain(ratio(pass, column))));
            lines.add(new Grid.Line(names(pass), cells));
        }
        return new Grid(NAMES, columnNames(), lines);
    }

    /**
     * Geometric means over the rows that all measured devices have, or that most of them have. Ratios: over the rows
     * that both devices have.
     *
     * @return a line for each direction, with the columns of {@link #grid}
     */
    public Grid means() {
        List<Grid.Line> lines = new ArrayList<>();
        List<Column> sharing = comparison.sharing();
        for (Direction direction : directions()) {
            List<MeasuredPass> common = comparison.common(direction);
            List<Grid.Cell> cells = new ArrayList<>();
            comparison
                    .columns()
                    .forEach(column ->
                            cells.add(Grid.Cell.plain(sharing.contains(column) ? mean(column, common) : "-")));
            held().forEach(column -> cells.add(Grid.Cell.plain(meanRatio(column, direction))));
            String rows = common.size() == 1 ? "1 row" : common.size() + " rows";
            lines.add(new Grid.Line(
                    List.of("geometric mean of " + rows + who(sharing), "", "", direction.toString()), cells));
        }
        return new Grid(NAMES, columnNames(), lines);
    }

    private List<String> columnNames() {
        List<String> names = new ArrayList<>();
        comparison.columns().forEach(column -> names.add(column.letter()));
        held().forEach(column -> names.add(column.letter() + "/"
                + baseline.orElseThrow().of(column).orElseThrow().letter()));
        return names;
    }

    private static List<String> names(MeasuredPass pass) {
        return List.of(
                pass.workload(),
                pass.type(),
                pass.layout().isEmpty() ? "-" : pass.layout(),
                pass.direction().toString());
    }

    private String cell(MeasuredPass pass, Column column) {
        return comparison
                .row(pass, column)
                .map(row -> row.isMeasured()
                        ? metric.text(metric.of(row.figures()))
                        : row.status().toString())
                .orElse(MISSING);
    }

    /**
     * The ratio of a cell to the baseline, as text.
     *
     * @param pass its row
     * @param column its column
     * @return the ratio of times with its noise band, followed by "slower" or "faster" if the band lies on one side of
     *     1
     */
    public String ratio(MeasuredPass pass, Column column) {
        return baseline.flatMap(base -> base.ratio(pass, column))
                .map(Ratio::verdict)
                .orElse("-");
    }

    /**
     * The columns that have a ratio beside them.
     *
     * @return none without a baseline
     */
    public List<Column> held() {
        return baseline.stream()
                .flatMap(base -> comparison.columns().stream()
                        .filter(column -> base.of(column).isPresent()))
                .toList();
    }

    private String mean(Column column, List<MeasuredPass> common) {
        OptionalDouble mean = comparison.mean(column, common, metric);
        return mean.isPresent() ? metric.text(mean.getAsDouble()) : "-";
    }

    /** Says which devices have the rows of a mean. */
    private String who(List<Column> sharing) {
        if (sharing.size() < 2) {
            return "";
        }
        return sharing.size() == comparison.measuredColumns().size()
                ? " that all have"
                : sharing.stream().map(Column::letter).collect(Collectors.joining(", ", " that ", " have"));
    }

    private String meanRatio(Column column, Direction direction) {
        List<Ratio> ratios = baseline.orElseThrow().ratios(column, direction);
        return switch (ratios.size()) {
            case 0 -> "-";
            case 1 -> FigureText.ratio(ratios.get(0).median());
            default -> Ratio.mean(ratios).verdict();
        };
    }

    private List<Direction> directions() {
        return Arrays.stream(Direction.values())
                .filter(direction -> comparison.passes().stream().anyMatch(pass -> pass.direction() == direction))
                .toList();
    }

    /**
     * The source of a column.
     *
     * @param column of the comparison
     * @return its run's file and date, and whether it is the baseline
     */
    public String origin(Column column) {
        boolean own = baseline.filter(base -> base.isOwn(column)).isPresent();
        return column.run().source() + ", " + column.run().date() + (own ? ", the baseline" : "");
    }

    /**
     * The notes below a table: how often each device is the best, and why cells have no figures.
     *
     * @return sentences
     */
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        List<Column> columns = comparison.columns();
        if (columns.size() > 1) {
            List<String> wins = columns.stream()
                    .map(column -> column.letter() + " "
                            + comparison.passes().stream()
                                    .filter(pass ->
                                            comparison.winners(pass, metric).contains(column))
                                    .count())
                    .toList();
            long compared = comparison.passes().stream()
                    .filter(pass -> !comparison.winners(pass, metric).isEmpty())
                    .count();
            notes.add("Best of " + compared + (compared == 1 ? " row" : " rows") + " that several have: "
                    + String.join(", ", wins) + ".");
        }
        for (Column column : columns) {
            Map<String, Integer> reasons = new LinkedHashMap<>();
            for (MeasuredPass pass : comparison.passes()) {
                String why = comparison
                        .row(pass, column)
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
     * @return sentences
     */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>(comparison.warnings());
        baseline.ifPresent(base -> warnings.addAll(base.warnings()));
        return warnings;
    }
}
