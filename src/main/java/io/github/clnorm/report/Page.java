package io.github.clnorm.report;

import io.github.clnorm.compare.Column;
import io.github.clnorm.compare.FigureText;
import io.github.clnorm.compare.SavedRun;
import io.github.clnorm.compare.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the template shows, by the names that the template uses: the page's parts, and where its runs were made. */
final class Page {

    // As many colours and shapes as the style has.
    private static final int SERIES = 8;

    private final View view;

    Page(View view) {
        this.view = view;
    }

    /** A run and where it was made. */
    record Environment(String source, List<Fact> facts, List<Machine> machines) {}

    /** A device of a run. */
    record Machine(String letter, String name, List<Fact> facts) {}

    /** A name and what it is. */
    record Fact(String name, String value) {}

    /** Which of the style's colours and shapes is a column's. */
    static int series(View view, Column column) {
        return view.comparison().columns().indexOf(column) % SERIES;
    }

    String title() {
        List<Column> columns = view.comparison().columns();
        return switch (columns.size()) {
            case 0 -> "clnorm: no device";
            case 1 -> "clnorm on " + columns.get(0).label();
            default -> "clnorm on " + columns.size() + " devices";
        };
    }

    Summary summary() {
        return new Summary(view);
    }

    ChartTables charts() {
        return new ChartTables(view);
    }

    List<FullTable.Entry> entries() {
        return new FullTable(view).entries();
    }

    boolean hasMeasured() {
        return !view.comparison().measuredColumns().isEmpty();
    }

    boolean hasBaseline() {
        return !view.held().isEmpty();
    }

    List<String> warnings() {
        return view.warnings();
    }

    List<String> notes() {
        return view.notes();
    }

    List<Environment> environments() {
        return view.comparison().runs().stream().map(this::environment).toList();
    }

    private Environment environment(SavedRun run) {
        List<Fact> facts = new ArrayList<>(List.of(
                new Fact("date", run.date()), new Fact("clnorm", run.version()), new Fact("kernels", run.kernels())));
        facts.addAll(facts(run.environment()));
        List<Machine> machines = view.comparison().columns().stream()
                .filter(column -> column.run() == run)
                .map(Page::machine)
                .toList();
        return new Environment(run.source(), facts, machines);
    }

    private static Machine machine(Column column) {
        List<Fact> facts = new ArrayList<>(facts(column.device().facts()));
        column.device().emptyLaunch().ifPresent(launch ->
                facts.add(new Fact("empty launch", FigureText.microseconds(launch.median()) + " us")));
        return new Machine(column.letter(), column.device().name(), facts);
    }

    private static List<Fact> facts(Map<String, String> byName) {
        return byName.entrySet().stream()
                .map(fact -> new Fact(fact.getKey().replace('_', ' '), fact.getValue()))
                .toList();
    }
}
