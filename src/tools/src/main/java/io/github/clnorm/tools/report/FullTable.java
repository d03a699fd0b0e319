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
import java.util.function.Function;

/** Every pass on every device that its run has, with all that was measured. */
final class FullTable {

    private static final String NONE = "-";

    private final View view;

    FullTable(View view) {
        this.view = view;
    }

    /** A line. */
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
            String ratio,
            String plan,
            String launches,
            String workspace,
            String tuning,
            String reason,
            Sort sort) {}

    /** What numbers of a line are sorted by; empty where there are none. */
    record Sort(String time, String rate, String share, String error, String ratio) {
        static final Sort NONE = new Sort("", "", "", "", "");
    }

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
        Optional<SavedFigures> figures = Optional.ofNullable(row.figures());
        Optional<Ratio> ratio = view.baseline().flatMap(base -> base.ratio(pass, column));
        return new Entry(
                column.letter(),
                Page.series(view, column),
                column.label(),
                SuiteOf.name(pass),
                pass.workload(),
                pass.type(),
                pass.layout().isEmpty() ? NONE : pass.layout(),
                pass.direction().toString(),
                row.status().toString(),
                text(figures, some -> FigureText.microseconds(some.time().median())),
                figures.map(FullTable::spread).orElse(""),
                text(figures, some -> FigureText.rate(some.gigabytesPerSecond())),
                text(figures, some -> FigureText.percent(some.share())),
                text(figures, some -> FigureText.error(some.error().orElse(Double.NaN))),
                view.ratio(pass, column),
                figures.map(SavedFigures::plan).orElse(""),
                text(figures, some -> some.launches() == 1 ? "1 launch" : some.launches() + " launches"),
                text(figures, some -> FigureText.bytes(some.workspaceBytes())),
                figures.flatMap(FullTable::tuning).orElse(""),
                row.reason(),
                figures.map(some -> sort(some, ratio)).orElse(Sort.NONE));
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

    private static Sort sort(SavedFigures figures, Optional<Ratio> ratio) {
        return new Sort(
                Double.toString(figures.time().median()),
                Double.toString(figures.gigabytesPerSecond()),
                Double.toString(figures.share()),
                figures.error().isPresent() ? Double.toString(figures.error().getAsDouble()) : "",
                ratio.map(some -> Double.toString(some.median())).orElse(""));
    }
}
