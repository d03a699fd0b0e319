package io.github.clnorm.tools.comparison;

import io.github.clnorm.tools.measure.Direction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** Runs side by side, with a row for each pass and a column for each device of each run. */
public final class Comparison {

    private final List<SavedRun> runs;
    private final List<Column> columns;
    private final List<MeasuredPass> passes;
    private final List<String> remarks;

    private Comparison(List<SavedRun> runs, List<Column> columns, List<MeasuredPass> passes, List<String> remarks) {
        this.runs = runs;
        this.columns = columns;
        this.passes = passes;
        this.remarks = remarks;
    }

    /**
     * Compares runs.
     *
     * @param runs one or more
     * @return the comparison, with columns in the runs' order
     */
    public static Comparison of(List<SavedRun> runs) {
        return of(runs, List.of());
    }

    /**
     * Compares runs.
     *
     * @param runs one or more
     * @param remarks sentences that come first among the warnings
     * @return the comparison, with columns in the runs' order
     */
    public static Comparison of(List<SavedRun> runs, List<String> remarks) {
        List<SavedRun> runOf = new ArrayList<>();
        List<SavedDevice> devices = new ArrayList<>();
        Set<MeasuredPass> passes = new LinkedHashSet<>();
        for (SavedRun run : runs) {
            for (SavedDevice device : run.devices()) {
                runOf.add(run);
                devices.add(device);
                passes.addAll(device.rows().keySet());
            }
        }
        List<String> labels = Labels.of(runOf, devices);
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < devices.size(); i++) {
            columns.add(new Column(Column.letter(i), labels.get(i), runOf.get(i), devices.get(i)));
        }
        return new Comparison(List.copyOf(runs), List.copyOf(columns), List.copyOf(passes), List.copyOf(remarks));
    }

    /**
     * The runs.
     *
     * @return the runs, in their order
     */
    public List<SavedRun> runs() {
        return runs;
    }

    /**
     * The devices.
     *
     * @return a column for each device of each run
     */
    public List<Column> columns() {
        return columns;
    }

    /**
     * The passes that any device has.
     *
     * @return passes in the order of the first run that has each
     */
    public List<MeasuredPass> passes() {
        return passes;
    }

    /**
     * The row of a pass on a device.
     *
     * @param pass its row
     * @param column its column
     * @return the saved row; empty if the run does not have it
     */
    public Optional<SavedRow> row(MeasuredPass pass, Column column) {
        return Optional.ofNullable(column.device().rows().get(pass));
    }

    /**
     * The figures of a pass on a device.
     *
     * @param pass its row
     * @param column its column
     * @return the figures; empty if there are none
     */
    public Optional<SavedFigures> figures(MeasuredPass pass, Column column) {
        return row(pass, column).map(SavedRow::figures);
    }

    /**
     * The best devices for a pass: several if they are equal.
     *
     * @param pass a row
     * @param metric the metric to compare
     * @return their columns; none if fewer than two were measured
     */
    public List<Column> winners(MeasuredPass pass, Metric metric) {
        List<Column> measured = columns.stream()
                .filter(column -> figures(pass, column).isPresent())
                .toList();
        if (measured.size() < 2) {
            return List.of();
        }
        double best = measured.stream()
                .mapToDouble(column -> metric.of(figures(pass, column).orElseThrow()))
                .reduce((one, other) -> metric.isBetter(other, one) ? other : one)
                .orElseThrow();
        return measured.stream()
                .filter(column -> metric.of(figures(pass, column).orElseThrow()) == best)
                .toList();
    }

    /**
     * The devices with at least one measured pass.
     *
     * @return all columns except those of devices that could not be opened or measured nothing
     */
    public List<Column> measuredColumns() {
        return columns.stream().filter(column -> column.device().isMeasured()).toList();
    }

    /**
     * The devices whose means are compared: all measured devices if they have a pass in common; otherwise without those
     * that share the fewest passes with the others, such as runs of other types.
     *
     * @return two or more columns with a common pass, or one, or none
     */
    public List<Column> sharing() {
        List<Column> sharing = new ArrayList<>(measuredColumns());
        while (sharing.size() > 1 && passes.stream().noneMatch(pass -> haveAll(sharing, pass))) {
            sharing.remove(sharing.stream()
                    .min(Comparator.comparingLong(column -> overlap(column, sharing)))
                    .orElseThrow());
        }
        return sharing;
    }

    private boolean haveAll(List<Column> some, MeasuredPass pass) {
        return some.stream().allMatch(column -> figures(pass, column).isPresent());
    }

    /** The number of cells of other columns in the rows of a column. */
    private long overlap(Column column, List<Column> others) {
        return passes.stream()
                .filter(pass -> figures(pass, column).isPresent())
                .mapToLong(pass -> others.stream()
                        .filter(other -> other != column && figures(pass, other).isPresent())
                        .count())
                .sum();
    }

    /**
     * The passes that every column of {@link #sharing} has: means are only comparable over these.
     *
     * @param direction of the passes
     * @return passes in their order
     */
    public List<MeasuredPass> common(Direction direction) {
        List<Column> sharing = sharing();
        if (sharing.isEmpty()) {
            return List.of();
        }
        return passes.stream()
                .filter(pass -> pass.direction() == direction && haveAll(sharing, pass))
                .toList();
    }

    /**
     * The geometric mean of a device's figures.
     *
     * @param column the device
     * @param over passes; passes without figures are ignored
     * @param metric which figures
     * @return the mean; empty if there are no figures
     */
    public OptionalDouble mean(Column column, List<MeasuredPass> over, Metric metric) {
        double[] values = over.stream()
                .map(pass -> figures(pass, column).orElse(null))
                .filter(Objects::nonNull)
                .mapToDouble(metric::of)
                .toArray();
        return values.length == 0 ? OptionalDouble.empty() : OptionalDouble.of(Means.geometric(values));
    }

    /**
     * What a reader must know before comparing: the remarks, other versions or kernels, interrupted runs, failed devices.
     *
     * @return sentences
     */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>(remarks);
        SavedRun first = runs.get(0);
        for (SavedRun run : runs) {
            if (!run.version().equals(first.version())) {
                warnings.add(run.source() + " was measured by clnorm " + run.version() + ", " + first.source() + " by "
                        + first.version());
            }
            if (!run.kernels().equals(first.kernels())) {
                warnings.add(run.source() + " was measured with other kernels than " + first.source() + ": "
                        + run.kernels() + " and " + first.kernels());
            }
            if (run.interrupted()) {
                warnings.add(run.source() + " was interrupted: some of its rows are not there");
            }
            for (SavedDevice device : run.devices()) {
                if (!device.problem().isEmpty()) {
                    warnings.add(run.source() + ": " + device.name() + ": " + device.problem());
                }
            }
            if (run.devices().isEmpty()) {
                warnings.add(run.source() + " has no device");
            }
        }
        return warnings;
    }
}
