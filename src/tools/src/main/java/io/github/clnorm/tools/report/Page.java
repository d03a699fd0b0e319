package io.github.clnorm.tools.report;

import io.github.clnorm.tools.comparison.Column;
import io.github.clnorm.tools.comparison.FigureText;
import io.github.clnorm.tools.comparison.Metric;
import io.github.clnorm.tools.comparison.SavedDevice;
import io.github.clnorm.tools.comparison.SavedRun;
import io.github.clnorm.tools.comparison.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The values that the template shows, by the template's names: the page's parts, and the environments of the runs. */
final class Page {

    // The number of colours and shapes in the style sheet.
    private static final int SERIES = 8;

    private final View view;

    Page(View view) {
        this.view = view;
    }

    /** A metric, and whether the page shows it first. */
    record Choice(Metric metric, String name, boolean chosen) {}

    /** A run and its environment. */
    record Environment(String source, List<Fact> facts, List<Machine> machines) {}

    /** A device of a run. */
    record Machine(String letter, String name, List<Fact> facts) {}

    /** A name and its value. */
    record Fact(String name, String value) {}

    /** The index of a column's colour and shape in the style sheet. */
    static int series(View view, Column column) {
        return view.comparison().columns().indexOf(column) % SERIES;
    }

    String title() {
        List<SavedDevice> devices =
                view.comparison().columns().stream().map(Column::device).toList();
        if (devices.isEmpty()) {
            return "clnorm: no device";
        }
        int distinct = distinct(devices);
        String what = distinct == 1 ? devices.get(0).shortName() : distinct + " devices";
        return "clnorm on " + what + (devices.size() == distinct ? "" : ", " + devices.size() + " results");
    }

    /** The number of distinct devices. For each name, the largest number of devices that any run has. */
    private int distinct(List<SavedDevice> devices) {
        int distinct = 0;
        for (int i = 0; i < devices.size(); i++) {
            SavedDevice device = devices.get(i);
            if (devices.subList(0, i).stream().noneMatch(device::isSameAs)) {
                distinct += view.comparison().runs().stream()
                        .mapToInt(run -> (int)
                                run.devices().stream().filter(device::isSameAs).count())
                        .max()
                        .orElse(1);
            }
        }
        return distinct;
    }

    /** The metrics that charts and tables can show. */
    List<Choice> metrics() {
        return List.of(
                new Choice(Metric.GB_PER_S, "GB/s", view.metric() == Metric.GB_PER_S),
                new Choice(Metric.SHARE, "share of the limit", view.metric() == Metric.SHARE),
                new Choice(Metric.US, "microseconds (less is better)", view.metric() == Metric.US));
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
        column.device()
                .emptyLaunch()
                .ifPresent(launch ->
                        facts.add(new Fact("empty launch", FigureText.microseconds(launch.median()) + " us")));
        return new Machine(column.letter(), column.device().name(), facts);
    }

    private static List<Fact> facts(Map<String, String> byName) {
        return byName.entrySet().stream()
                .map(fact -> new Fact(fact.getKey().replace('_', ' '), fact.getValue()))
                .toList();
    }
}
