package io.github.clnorm.report;

import io.github.clnorm.compare.Bounds;
import io.github.clnorm.compare.Column;
import io.github.clnorm.compare.Comparison;
import io.github.clnorm.compare.FigureText;
import io.github.clnorm.compare.Metric;
import io.github.clnorm.compare.Pass;
import io.github.clnorm.compare.Ratio;
import io.github.clnorm.compare.SavedFigures;
import io.github.clnorm.compare.SavedRow;
import io.github.clnorm.compare.SavedRun;
import io.github.clnorm.compare.SuiteOf;
import io.github.clnorm.compare.View;
import io.github.clnorm.measure.Direction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Stream;

/** What the template shows, by the names that the template uses. */
final class Page {

    // As many colours and shapes as the style has.
    private static final int SERIES = 8;

    private final View view;
    private final Comparison comparison;

    Page(View view) {
        this.view = view;
        this.comparison = view.comparison();
    }

    /** A device in the summary. */
    record Card(
            String letter,
            int series,
            String label,
            String description,
            String source,
            String date,
            String forward,
            String backward,
            String error,
            String verdict,
            String best,
            String problem) {}

    /** A table: next to a chart, or the description of a run. */
    record Table(String caption, List<String> names, List<String> columns, List<Line> lines) {}

    /** A line of a table: its first cells name it. */
    record Line(List<String> names, List<Cell> cells, boolean foot) {}

    /** A cell. */
    record Cell(String text, boolean best) {
        static Cell of(String text) {
            return new Cell(text, false);
        }
    }

    /** A suite with its chart. */
    record SuiteChart(String name, Table table) {}

    /** A line of the full table. */
    record Entry(
            String letter,
            int series,
            String label,
            String suite,
            String workload,
            String type,
            String layout,
            String pass,
            String status,
            String time,
            String spread,
            String rate,
            String share,
            String error,
            String launches,
            String workspace,
            String ratio,
            String plan,
            String tuning,
            String reason,
            Sort sort) {}

    /** What numbers of a line are sorted by; empty where there are none. */
    record Sort(String time, String rate, String share, String error, String ratio) {
        static final Sort NONE = new Sort("", "", "", "", "");
    }

    /** A run and where it was made. */
    record Environment(String source, List<Fact> facts, List<Machine> machines) {}

    /** A device of a run. */
    record Machine(String letter, String name, List<Fact> facts) {}

    /** A name and what it is. */
    record Fact(String name, String value) {}

    String title() {
        List<Column> columns = comparison.columns();
        return switch (columns.size()) {
            case 0 -> "clnorm: no device";
            case 1 -> "clnorm on " + columns.get(0).label();
            default -> "clnorm on " + columns.size() + " devices";
        };
    }

    /** The one sentence that somebody reads who reads no other. */
    String headline() {
        List<Column> columns = comparison.measuredColumns();
        if (columns.isEmpty()) {
            return "Nothing was measured.";
        }
        if (columns.size() == 1) {
            Column only = columns.get(0);
            return only.label() + " normalizes at " + share(only, Direction.FORWARD)
                    + " of the rate of its own best copy forward, and at " + share(only, Direction.BACKWARD) + " backward.";
        }
        List<Pass> common = new ArrayList<>(comparison.common(Direction.FORWARD));
        common.addAll(comparison.common(Direction.BACKWARD));
        if (common.isEmpty()) {
            return "No workload was measured on all of these devices.";
        }
        List<Column> ranked = columns.stream()
                .sorted((one, other) -> Double.compare(
                        comparison.mean(one, common, Metric.US).orElseThrow(),
                        comparison.mean(other, common, Metric.US).orElseThrow()))
                .toList();
        double lead = comparison.mean(ranked.get(1), common, Metric.US).orElseThrow()
                / comparison.mean(ranked.get(0), common, Metric.US).orElseThrow();
        return String.format(
                Locale.ROOT,
                "%s is the fastest: %s times as fast as %s in the geometric mean of %d passes that %s have.",
                ranked.get(0).label(),
                FigureText.ratio(lead),
                ranked.get(1).label(),
                common.size(),
                columns.size() == 2 ? "both" : "all");
    }

    List<Card> cards() {
        List<Card> cards = new ArrayList<>();
        long contested = comparison.passes().stream()
                .filter(pass -> !comparison.winners(pass, Metric.US).isEmpty())
                .count();
        for (Column column : comparison.columns()) {
            long best = comparison.passes().stream()
                    .filter(pass -> comparison.winners(pass, Metric.US).contains(column))
                    .count();
            OptionalDouble error = rows(column).stream()
                    .filter(row -> row.figures().error().isPresent())
                    .mapToDouble(row -> row.figures().error().getAsDouble())
                    .max();
            cards.add(new Card(
                    column.letter(),
                    series(column),
                    column.label(),
                    column.device().description(),
                    column.run().source(),
                    column.run().date(),
                    share(column, Direction.FORWARD),
                    share(column, Direction.BACKWARD),
                    FigureText.error(error.orElse(Double.NaN)),
                    verdict(column),
                    contested == 0 ? "" : "fastest in " + best + " of " + contested,
                    column.device().problem()));
        }
        return cards;
    }

    private List<SavedRow> rows(Column column) {
        return column.device().rows().values().stream().filter(SavedRow::isMeasured).toList();
    }

    private String share(Column column, Direction direction) {
        List<Pass> passes = rows(column).stream()
                .map(SavedRow::pass)
                .filter(pass -> pass.direction() == direction)
                .toList();
        OptionalDouble mean = comparison.mean(column, passes, Metric.SHARE);
        return mean.isPresent() ? FigureText.percent(mean.getAsDouble()) : "-";
    }

    private String verdict(Column column) {
        List<SavedRow> compared = rows(column).stream()
                .filter(row -> row.figures().error().isPresent() && Bounds.of(row.pass()).isPresent())
                .toList();
        long beyond = compared.stream()
                .filter(row -> row.figures().error().getAsDouble() > Bounds.of(row.pass()).getAsDouble())
                .count();
        if (compared.isEmpty()) {
            return "not compared with float64";
        }
        return beyond == 0
                ? "within the bound in all " + compared.size() + " passes"
                : "beyond the bound in " + beyond + " of " + compared.size() + " passes";
    }

    private static int series(Column column) {
        int index = 0;
        for (char letter : column.letter().toCharArray()) {
            index = index * 26 + (letter - 'A' + 1);
        }
        return (index - 1) % SERIES;
    }

    List<String> warnings() {
        return view.warnings();
    }

    List<String> notes() {
        return view.notes();
    }

    /** A chart for each suite that there are rows of, in the order of the rows. */
    List<SuiteChart> suites() {
        Map<String, List<Pass>> bySuite = new LinkedHashMap<>();
        comparison.passes().forEach(pass -> bySuite.computeIfAbsent(SuiteOf.name(pass), name -> new ArrayList<>()).add(pass));
        List<SuiteChart> suites = new ArrayList<>();
        bySuite.forEach((name, passes) -> suites.add(new SuiteChart(name, suiteTable(name, passes))));
        return suites;
    }

    private Table suiteTable(String name, List<Pass> passes) {
        List<Line> lines = new ArrayList<>();
        for (Pass pass : passes) {
            List<Cell> cells = new ArrayList<>();
            for (Column column : comparison.columns()) {
                cells.add(new Cell(view.cell(pass, column), view.isBest(pass, column)));
            }
            view.held().forEach(column -> cells.add(Cell.of(view.ratio(pass, column))));
            lines.add(new Line(List.of(pass.form(), pass.direction().toString()), cells, false));
        }
        return new Table(name + ", " + view.metric().unit(), List.of("workload", "pass"), columnNames(), lines);
    }

    /** Means over what all have, for the whole comparison. */
    Table means() {
        List<Line> lines = new ArrayList<>();
        for (Direction direction : view.directions()) {
            List<Cell> cells = new ArrayList<>();
            comparison.columns().forEach(column -> cells.add(Cell.of(view.mean(column, direction))));
            view.held().forEach(column -> cells.add(Cell.of(view.meanRatio(column, direction))));
            lines.add(new Line(
                    List.of(direction.toString(), Integer.toString(comparison.common(direction).size())), cells, true));
        }
        return new Table(
                "Geometric means over the rows that all have, " + view.metric().unit(),
                List.of("pass", "rows"),
                columnNames(),
                lines);
    }

    private List<String> columnNames() {
        List<String> names = new ArrayList<>();
        comparison.columns().forEach(column -> names.add(column.letter()));
        view.held().forEach(column -> names.add(view.ratioName(column)));
        return names;
    }

    boolean hasMeasured() {
        return !comparison.measuredColumns().isEmpty();
    }

    boolean hasTuning() {
        return entriesWithTuning() > 0;
    }

    /** How many passes run by a plan that tuning found. */
    String tuning() {
        long known = entriesWithTuning();
        long tuned = measured().filter(figures -> figures.tuning().filter(found -> !found.plan().equals(figures.plan())).isPresent())
                .count();
        return known == 0
                ? "None of these runs says how the heuristics' plans would have done: they were made by an older version."
                : tuned + " of " + known + " passes ran by a plan that tuning had found; all others ran by the heuristics' own.";
    }

    private long entriesWithTuning() {
        return measured().filter(figures -> figures.tuning().isPresent()).count();
    }

    private Stream<SavedFigures> measured() {
        return comparison.columns().stream().flatMap(column -> rows(column).stream()).map(SavedRow::figures);
    }

    Table shareTable() {
        return table("Size of the tensor and share of the limit", List.of("size"), pass -> List.of(size(pass)),
                figures -> FigureText.percent(figures.share()));
    }

    Table tuningTable() {
        return table("Times as fast as by the heuristics' plan", List.of("size"), pass -> List.of(size(pass)),
                figures -> figures.tuning().map(tuning -> FigureText.ratio(tuning.gain())).orElse("-"));
    }

    Table errorTable() {
        return table("Largest error, and GB/s", List.of("bound"),
                pass -> List.of(FigureText.error(Bounds.of(pass).orElse(Double.NaN))),
                figures -> FigureText.error(figures.error().orElse(Double.NaN)) + " at "
                        + FigureText.rate(figures.gigabytesPerSecond()));
    }

    private Table table(
            String caption,
            List<String> more,
            Function<Pass, List<String>> names,
            Function<SavedFigures, String> cell) {
        List<String> head = new ArrayList<>(List.of("workload", "pass"));
        head.addAll(more);
        List<Line> lines = new ArrayList<>();
        for (Pass pass : comparison.passes()) {
            List<String> all = new ArrayList<>(List.of(pass.form(), pass.direction().toString()));
            all.addAll(names.apply(pass));
            lines.add(new Line(
                    all,
                    comparison.columns().stream()
                            .map(column -> Cell.of(comparison.figures(pass, column).map(cell).orElse("-")))
                            .toList(),
                    false));
        }
        return new Table(caption, head, comparison.columns().stream().map(Column::letter).toList(), lines);
    }

    private String size(Pass pass) {
        return comparison.columns().stream()
                .map(column -> comparison.row(pass, column))
                .flatMap(Optional::stream)
                .findFirst()
                .map(row -> FigureText.bytes(row.bytes()))
                .orElse("-");
    }

    boolean hasBaseline() {
        return !view.held().isEmpty();
    }

    /** Every pass on every device that its run has. */
    List<Entry> entries() {
        List<Entry> entries = new ArrayList<>();
        for (Pass pass : comparison.passes()) {
            for (Column column : comparison.columns()) {
                comparison.row(pass, column).ifPresent(row -> entries.add(entry(column, row)));
            }
        }
        return entries;
    }

    private Entry entry(Column column, SavedRow row) {
        Pass pass = row.pass();
        Optional<SavedFigures> figures = Optional.ofNullable(row.figures());
        return new Entry(
                column.letter(),
                series(column),
                column.label(),
                SuiteOf.name(pass),
                pass.workload(),
                pass.type(),
                pass.layout().isEmpty() ? "-" : pass.layout(),
                pass.direction().toString(),
                row.status().toString(),
                text(figures, some -> FigureText.microseconds(some.time().median())),
                text(figures, some -> FigureText.microseconds(some.time().p10()) + "-"
                        + FigureText.microseconds(some.time().p90())),
                text(figures, some -> FigureText.rate(some.gigabytesPerSecond())),
                text(figures, some -> FigureText.percent(some.share())),
                text(figures, some -> FigureText.error(some.error().orElse(Double.NaN))),
                text(figures, some -> some.launches() + (some.launches() == 1 ? " launch" : " launches")),
                text(figures, some -> FigureText.bytes(some.workspaceBytes())),
                view.ratio(pass, column),
                figures.map(SavedFigures::plan).orElse(""),
                figures.flatMap(SavedFigures::tuning)
                        .map(tuning -> FigureText.ratio(tuning.gain()) + " times as fast as by the heuristics' plan: "
                                + tuning.plan())
                        .orElse(""),
                row.reason(),
                figures.map(some -> sort(some, view.baseline().flatMap(base -> base.ratio(pass, column))))
                        .orElse(Sort.NONE));
    }

    private static String text(Optional<SavedFigures> figures, Function<SavedFigures, String> text) {
        return figures.map(text).orElse("-");
    }

    private static Sort sort(SavedFigures figures, Optional<Ratio> ratio) {
        return new Sort(
                Double.toString(figures.time().median()),
                Double.toString(figures.gigabytesPerSecond()),
                Double.toString(figures.share()),
                figures.error().isPresent() ? Double.toString(figures.error().getAsDouble()) : "",
                ratio.map(some -> Double.toString(some.median())).orElse(""));
    }

    List<Environment> environments() {
        List<Environment> environments = new ArrayList<>();
        for (SavedRun run : comparison.runs()) {
            List<Fact> facts = new ArrayList<>();
            facts.add(new Fact("date", run.date()));
            facts.add(new Fact("clnorm", run.version()));
            facts.add(new Fact("kernels", run.kernels()));
            run.environment().forEach((name, value) -> facts.add(new Fact(name, value)));
            List<Machine> machines = new ArrayList<>();
            for (Column column : comparison.columns()) {
                if (column.run() == run) {
                    List<Fact> of = new ArrayList<>();
                    column.device().facts().forEach((name, value) -> of.add(new Fact(name, value)));
                    column.device().emptyLaunch().ifPresent(launch ->
                            of.add(new Fact("empty launch", FigureText.microseconds(launch.median()) + " us")));
                    machines.add(new Machine(column.letter(), column.device().name(), of));
                }
            }
            environments.add(new Environment(run.source(), facts, machines));
        }
        return environments;
    }
}
