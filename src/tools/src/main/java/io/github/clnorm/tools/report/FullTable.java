package io.github.clnorm.tools.report;

import io.github.clnorm.tools.comparison.Column;
import io.github.clnorm.tools.comparison.FigureText;
import io.github.clnorm.tools.comparison.MeasuredPass;
import io.github.clnorm.tools.comparison.Ratio;
import io.github.clnorm.tools.comparison.SavedFigures;
import io.github.clnorm.tools.comparison.SavedRow;
import io.github.clnorm.tools.comparison.SuiteOf;
import io.github.clnorm.tools.comparison.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.DoubleFunction;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Every pass on every device, with all figures. */
final class FullTable {

    private static final String NONE = "-";

    private final View view;

    FullTable(View view) {
        this.view = view;
    }

    /** A line: a pass on a device. */
    record Entry(Device device, Work work, Measured measured, Outcome outcome) {}

    /** The device, and the colour and shape that its column has everywhere. */
    record Device(String letter, int series, String label) {}

    /** What was measured. */
    record Work(String suite, String workload, String type, String layout, String pass) {}

    /** The numbers. */
    record Measured(Figure time, String spread, Figure rate, Figure share, Figure error, Figure ratio) {}

    /** A number as it is shown, and as the page's script sorts it; the latter is empty if there is none. */
    record Figure(String text, String sort) {}

    /** How it went: the status with its reason, and what ran. Empty if nothing ran. */
    record Outcome(String status, String reason, String plan, String launches, String workspace, String tuning) {}

    List<Entry> entries() {
        List<Entry> entries = new ArrayList<>();
        for (MeasuredPass pass : view.comparison().passes()) {
            for (Column column : view.comparison().columns()) {
                view.comparison().row(pass, column).ifPresent(row -> entries.add(entry(column, row)));
            }
        }
        return entries;
    }

    private Entry entry(Column column, SavedRow row) {
        MeasuredPass pass = row.pass();
        return new Entry(
                new Device(column.letter(), Page.series(view, column), column.label()),
                new Work(
                        SuiteOf.name(pass),
                        pass.workload(),
                        pass.type(),
                        pass.layout().isEmpty() ? NONE : pass.layout(),
                        pass.direction().toString()),
                measured(column, row),
                outcome(row));
    }

    private Measured measured(Column column, SavedRow row) {
        Optional<SavedFigures> figures = Optional.ofNullable(row.figures());
        OptionalDouble error =
                row.figures() == null ? OptionalDouble.empty() : row.figures().error();
        Optional<Ratio> ratio = view.baseline().flatMap(base -> base.ratio(row.pass(), column));
        return new Measured(
                figure(figures, some -> some.time().median(), FigureText::microseconds),
                figures.map(FullTable::spread).orElse(""),
                figure(figures, SavedFigures::gigabytesPerSecond, FigureText::rate),
                figure(figures, SavedFigures::share, FigureText::percent),
                new Figure(
                        text(figures, unused -> FigureText.error(error.orElse(Double.NaN))),
                        error.isPresent() ? Double.toString(error.getAsDouble()) : ""),
                new Figure(
                        view.ratio(row.pass(), column),
                        figures.flatMap(unused -> ratio)
                                .map(some -> Double.toString(some.median()))
                                .orElse("")));
    }

    private static Figure figure(
            Optional<SavedFigures> figures, ToDoubleFunction<SavedFigures> value, DoubleFunction<String> text) {
        return figures.map(value::applyAsDouble)
                .map(number -> new Figure(text.apply(number), Double.toString(number)))
                .orElse(new Figure(NONE, ""));
    }

    private static Outcome outcome(SavedRow row) {
        Optional<SavedFigures> figures = Optional.ofNullable(row.figures());
        return new Outcome(
                row.status().toString(),
                row.reason(),
                figures.map(SavedFigures::plan).orElse(""),
                text(figures, some -> some.launches() == 1 ? "1 launch" : some.launches() + " launches"),
                text(figures, some -> FigureText.bytes(some.workspaceBytes())),
                figures.flatMap(FullTable::tuning).orElse(""));
    }

    private static String text(Optional<SavedFigures> figures, Function<SavedFigures, String> text) {
        return figures.map(text).orElse(NONE);
    }

    private static String spread(SavedFigures figures) {
        return FigureText.microseconds(figures.time().p10()) + "-"
                + FigureText.microseconds(figures.time().p90());
    }

    private static Optional<String> tuning(SavedFigures figures) {
        return figures.tuning()
                .filter(tuning -> !tuning.plan().equals(figures.plan()))
                .map(tuning -> FigureText.ratio(tuning.gain()) + " times as fast as by the heuristics' plan: "
                        + tuning.plan());
    }
}
