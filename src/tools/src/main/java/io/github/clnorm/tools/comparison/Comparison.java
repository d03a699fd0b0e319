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

/** Runs side by side: a row for each pass, a column for each device of each run. */
public final class Comparison {

    private final List<SavedRun> runs;
    private final List<Column> columns;
    private final List<MeasuredPass> passes;

    private Comparison(List<SavedRun> runs, List<Column> columns, List<MeasuredPass> passes) {
        this.runs = runs;
        this.columns = columns;
        this.passes = passes;
    }

    /**
     * Puts runs side by side.
     *
     * @param runs one or more
     * @return the comparison, with columns in the runs' order
     */
    public static Comparison of(List<SavedRun> runs) {
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
        return new Comparison(List.copyOf(runs), List.copyOf(columns), List.copyOf(passes));
    }

    /**
     * What is compared.
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
     * What was measured by any.
     *
     * @return passes in the order of the first run that has each
     */
    public List<MeasuredPass> passes() {
        return passes;
    }

    /**
     * A cell.
     *
     * @param pass its row
     * @param column its column
     * @return what the device was measured at; empty where its run has no such row
     */
    public Optional<SavedRow> row(MeasuredPass pass, Column column) {
        return Optional.ofNullable(column.device().rows().get(pass));
    }

    /**
     * The figures of a cell.
     *
     * @param pass its row
     * @param column its column
     * @return the figures; empty where there are none
     */
    public Optional<SavedFigures> figures(MeasuredPass pass, Column column) {
        return row(pass, column).map(SavedRow::figures);
    }

    /**
     * The best devices at a pass: several where they are equal.
     *
     * @param pass a row
     * @param metric what counts
     * @return their columns; none where fewer than two were measured
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
     * The devices that were measured at anything.
     *
     * @return without devices that could not be opened
     */
    public List<Column> measuredColumns() {
        return columns.stream().filter(column -> column.device().isMeasured()).toList();
    }

    /**
     * The devices that are compared by means: all that were measured, if they have a pass in common; else without those that
     * have the least in common with the others, such as runs of other types.
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

    /** How many cells of others stand in the rows of a column. */
    private long overlap(Column column, List<Column> others) {
        return passes.stream()
                .filter(pass -> figures(pass, column).isPresent())
                .mapToLong(pass -> others.stream()
                        .filter(other -> other != column && figures(pass, other).isPresent())
                        .count())
                .sum();
    }

    /**
     * The passes that each of {@link #sharing} was measured at: only over these, means can be compared.
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
     * @param over passes; those without figures are left out
     * @param metric which figures
     * @return the mean; empty where there are no figures
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
     * What a reader must know before comparing.
     *
     * @return a sentence each: other versions or kernels, runs that were interrupted, devices that could not go on
     */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
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
