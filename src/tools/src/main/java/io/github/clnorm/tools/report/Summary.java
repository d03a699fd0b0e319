package io.github.clnorm.tools.report;

import io.github.clnorm.tools.comparison.Baseline;
import io.github.clnorm.tools.comparison.Column;
import io.github.clnorm.tools.comparison.Comparison;
import io.github.clnorm.tools.comparison.ErrorBounds;
import io.github.clnorm.tools.comparison.FigureText;
import io.github.clnorm.tools.comparison.Means;
import io.github.clnorm.tools.comparison.MeasuredPass;
import io.github.clnorm.tools.comparison.Metric;
import io.github.clnorm.tools.comparison.Ratio;
import io.github.clnorm.tools.comparison.SavedRow;
import io.github.clnorm.tools.comparison.View;
import io.github.clnorm.tools.measure.Direction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/** The summary at the top: which device is the fastest, how close each is to its limit, and how exact. */
final class Summary {

    // Means of two runs of the same device differ by this much or more.
    private static final double EQUAL = 1.03;

    private final View view;
    private final Comparison comparison;

    Summary(View view) {
        this.view = view;
        this.comparison = view.comparison();
    }

    /** A device. */
    record Card(
            String letter,
            int series,
            String label,
            String description,
            String origin,
            String forward,
            String backward,
            String error,
            String verdict,
            String best,
            String problem) {}

    /** The headline. */
    String headline() {
        if (view.baseline().isPresent()) {
            return view.held().stream()
                    .map(column -> againstBaseline(view.baseline().orElseThrow(), column))
                    .collect(Collectors.joining(" "));
        }
        List<Column> columns = comparison.sharing();
        if (columns.isEmpty()) {
            return "Nothing was measured.";
        }
        if (columns.size() == 1) {
            return comparison.measuredColumns().size() == 1
                    ? alone(columns.get(0))
                    : "No two of these runs have a pass in common.";
        }
        List<MeasuredPass> common = new ArrayList<>(comparison.common(Direction.FORWARD));
        common.addAll(comparison.common(Direction.BACKWARD));
        List<Column> ranked = columns.stream()
                .sorted(Comparator.comparingDouble(column -> time(column, common)))
                .toList();
        double lead = time(ranked.get(1), common) / time(ranked.get(0), common);
        String over = (common.size() == 1
                        ? "in the one pass that "
                        : "in the geometric mean of " + common.size() + " passes that ")
                + (columns.size() < comparison.measuredColumns().size()
                        ? columns.stream().map(Column::letter).collect(Collectors.joining(", "))
                        : columns.size() == 2 ? "both" : "all")
                + " have";
        String first = ranked.get(0).label();
        String second = ranked.get(1).label();
        return lead < EQUAL
                ? first + " and " + second + " are about equally fast " + over + " (" + FigureText.ratio(lead) + ")."
                : first + " is the fastest: " + FigureText.ratio(lead) + " times as fast as " + second + " " + over
                        + ".";
    }

    private String againstBaseline(Baseline baseline, Column column) {
        List<Ratio> ratios = comparison.passes().stream()
                .map(pass -> baseline.ratio(pass, column))
                .flatMap(Optional::stream)
                .toList();
        String before = baseline.of(column).orElseThrow().label();
        long failing = baseline.regressions(0).stream()
                        .filter(one -> one.column() == column)
                        .count()
                - ratios.stream().filter(ratio -> ratio.isSlowerBy(0)).count();
        String failures = failing == 0 ? "" : " Of its other rows, some that the baseline has now fail.";
        if (ratios.isEmpty()) {
            return column.label() + " has no figures to hold against the baseline, " + before + "." + failures;
        }
        double mean = Means.geometric(ratios.stream().mapToDouble(Ratio::median).toArray());
        return String.format(
                Locale.ROOT,
                "%s %s the baseline, %s, in the geometric mean of %s: beyond the noise %d faster, %d slower.%s",
                column.label(),
                mean <= 1
                        ? "is " + FigureText.ratio(1 / mean) + " times as fast as"
                        : "takes " + FigureText.ratio(mean) + " times as long as",
                before,
                ratios.size() == 1 ? "1 pass" : ratios.size() + " passes",
                ratios.stream().filter(ratio -> ratio.most() < 1).count(),
                ratios.stream().filter(ratio -> ratio.isSlowerBy(0)).count(),
                failures);
    }

    private double time(Column column, List<MeasuredPass> passes) {
        return comparison.mean(column, passes, Metric.US).orElseThrow();
    }

    private String alone(Column column) {
        List<String> shares = new ArrayList<>();
        for (Direction direction : Direction.values()) {
            share(column, direction).ifPresent(share -> shares.add(FigureText.percent(share) + " " + direction));
        }
        return column.label() + " normalizes at " + String.join(" and ", shares) + " of the rate of its own best copy.";
    }

    List<Card> cards() {
        return comparison.columns().stream().map(this::card).toList();
    }

    private Card card(Column column) {
        // The passes that were measured on this device.
        long contested = comparison.passes().stream()
                .filter(pass -> !comparison.winners(pass, Metric.US).isEmpty())
                .filter(pass -> comparison.figures(pass, column).isPresent())
                .count();
        long best = comparison.passes().stream()
                .filter(pass -> comparison.winners(pass, Metric.US).contains(column))
                .count();
        OptionalDouble error = rows(column).stream()
                .filter(row -> row.figures().error().isPresent())
                .mapToDouble(row -> row.figures().error().getAsDouble())
                .max();
        return new Card(
                column.letter(),
                Page.series(view, column),
                column.label(),
                column.device().description(),
                view.origin(column),
                text(share(column, Direction.FORWARD)),
                text(share(column, Direction.BACKWARD)),
                FigureText.error(error.orElse(Double.NaN)),
                verdict(column),
                contested == 0
                        ? ""
                        : "fastest in " + best + " of " + contested + (contested == 1 ? " pass" : " passes"),
                column.device().problem());
    }

    private static List<SavedRow> rows(Column column) {
        return column.device().rows().values().stream()
                .filter(SavedRow::isMeasured)
                .toList();
    }

    private OptionalDouble share(Column column, Direction direction) {
        List<MeasuredPass> passes = rows(column).stream()
                .map(SavedRow::pass)
                .filter(pass -> pass.direction() == direction)
                .toList();
        return comparison.mean(column, passes, Metric.SHARE);
    }

    private static String text(OptionalDouble share) {
        return share.isPresent() ? FigureText.percent(share.getAsDouble()) : "-";
    }

    private static String verdict(Column column) {
        List<SavedRow> compared = rows(column).stream()
                .filter(row -> row.figures().error().isPresent()
                        && ErrorBounds.of(row.pass()).isPresent())
                .toList();
        long beyond = compared.stream()
                .filter(row -> row.figures().error().getAsDouble()
                        > ErrorBounds.of(row.pass()).getAsDouble())
                .count();
        if (compared.isEmpty()) {
            return "errors not compared with float64";
        }
        String passes = compared.size() == 1 ? "1 pass" : compared.size() + " passes";
        return beyond == 0
                ? String.format(Locale.ROOT, "errors within their bound in all of %s", passes)
                : String.format(Locale.ROOT, "errors beyond their bound in %d of %s", beyond, passes);
    }
}
