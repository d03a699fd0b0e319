package io.github.clnorm.tools.report;

import io.github.clnorm.tools.comparison.Column;
import io.github.clnorm.tools.comparison.Comparison;
import io.github.clnorm.tools.comparison.ErrorBounds;
import io.github.clnorm.tools.comparison.FigureText;
import io.github.clnorm.tools.comparison.Grid;
import io.github.clnorm.tools.comparison.MeasuredPass;
import io.github.clnorm.tools.comparison.Metric;
import io.github.clnorm.tools.comparison.SavedFigures;
import io.github.clnorm.tools.comparison.SavedRow;
import io.github.clnorm.tools.comparison.SuiteOf;
import io.github.clnorm.tools.comparison.View;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The tables of the charts, for readers who cannot see the charts. */
final class ChartTables {

    private final View view;
    private final Comparison comparison;

    ChartTables(View view) {
        this.view = view;
        this.comparison = view.comparison();
    }

    /** A table with its title. */
    record Table(String caption, Grid grid) {}

    /** A suite with the tables of its chart, one for each metric. */
    record SuiteTables(String name, List<MetricTable> tables) {}

    /** A table that is shown when its metric is chosen. */
    record MetricTable(Metric metric, boolean chosen, Table table) {}

    /** The tables that have rows, in the order of the rows. */
    List<SuiteTables> suites() {
        Map<String, List<MeasuredPass>> bySuite = new LinkedHashMap<>();
        comparison.passes().forEach(pass -> bySuite.computeIfAbsent(SuiteOf.name(pass), name -> new ArrayList<>())
                .add(pass));
        List<SuiteTables> suites = new ArrayList<>();
        bySuite.forEach((name, passes) -> suites.add(new SuiteTables(
                name, ofEveryMetric(of -> new Table(name + ", " + of.metric().unit(), of.grid(passes))))));
        return suites;
    }

    List<MetricTable> means() {
        return ofEveryMetric(ChartTables::means);
    }

    private List<MetricTable> ofEveryMetric(Function<View, Table> tableOf) {
        return Arrays.stream(Metric.values())
                .map(metric -> new MetricTable(metric, metric == view.metric(), tableOf.apply(view.by(metric))))
                .toList();
    }

    private static Table means(View view) {
        Grid means = view.means();
        List<Grid.Line> lines = means.lines().stream()
                .map(line -> new Grid.Line(
                        List.of(line.names().get(3), line.names().get(0).replace("geometric mean of ", "")),
                        line.cells()))
                .toList();
        return new Table(
                "Geometric mean, " + view.metric().unit(), new Grid(List.of("pass", "over"), means.columns(), lines));
    }

    Table share() {
        return table(
                "Size of the tensor and share of the limit",
                "size",
                this::size,
                figures -> FigureText.percent(figures.share()));
    }

    Table tuning() {
        return table("Times as fast as by the heuristics' plan", "size", this::size, figures -> figures.tuning()
                .map(tuning -> FigureText.ratio(tuning.gain()))
                .orElse("-"));
    }

    Table error() {
        return table(
                "Largest error, and GB/s",
                "bound",
                pass -> FigureText.error(ErrorBounds.of(pass).orElse(Double.NaN)),
                figures -> FigureText.error(figures.error().orElse(Double.NaN)) + " at "
                        + FigureText.rate(figures.gigabytesPerSecond()));
    }

    private Table table(
            String caption, String name, Function<MeasuredPass, String> nameOf, Function<SavedFigures, String> cellOf) {
        List<Grid.Line> lines = new ArrayList<>();
        for (MeasuredPass pass : comparison.passes()) {
            lines.add(new Grid.Line(
                    List.of(pass.form(), pass.direction().toString(), nameOf.apply(pass)),
                    comparison.columns().stream()
                            .map(column ->
                                    comparison.figures(pass, column).map(cellOf).orElse("-"))
                            .map(text -> new Grid.Cell(text, false))
                            .toList()));
        }
        return new Table(
                caption,
                new Grid(
                        List.of("workload", "pass", name),
                        comparison.columns().stream().map(Column::letter).toList(),
                        lines));
    }

    private String size(MeasuredPass pass) {
        return comparison.columns().stream()
                .map(column -> comparison.row(pass, column))
                .flatMap(Optional::stream)
                .findFirst()
                .map(row -> FigureText.bytes(row.bytes()))
                .orElse("-");
    }

    boolean hasTuning() {
        return measured().stream().anyMatch(figures -> figures.tuning().isPresent());
    }

    /** The number of passes that ran by a tuned plan. */
    String aboutTuning() {
        List<SavedFigures> known = measured().stream()
                .filter(figures -> figures.tuning().isPresent())
                .toList();
        long tuned = known.stream()
                .filter(figures -> !figures.tuning().orElseThrow().plan().equals(figures.plan()))
                .count();
        if (known.isEmpty()) {
            return "None of these runs says how the heuristics' plans would have done: an older version made them.";
        }
        int silent = measured().size() - known.size();
        return tuned + " of " + (known.size() == 1 ? "1 pass" : known.size() + " passes")
                + " ran by a plan that tuning had found, the others by the heuristics' own."
                + (silent == 0 ? "" : " For " + silent + " more the run, of an older version, does not say.");
    }

    private List<SavedFigures> measured() {
        return comparison.columns().stream()
                .flatMap(column -> column.device().rows().values().stream())
                .filter(SavedRow::isMeasured)
                .map(SavedRow::figures)
                .toList();
    }
}
