package io.github.clnorm.tools.survey;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.NormSpec;
import io.github.clnorm.tools.comparison.Means;
import io.github.clnorm.tools.comparison.MeasuredPass;
import io.github.clnorm.tools.comparison.SuiteOf;
import io.github.clnorm.tools.measure.BenchRow;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Figures;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.JsonDocument;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Geometric means of ratios for each suite, pass, type and layout: the share of the copy, the tuner's gain, and PyTorch's
 * times over clnorm's. Above 1, clnorm is faster.
 */
final class Ratios {

    /** The passes of a mean. */
    private record Group(String suite, Direction direction, String dtype, String layout) {}

    private record Pass(Workload workload, Direction direction, PyTorchRow.Mode mode) {}

    /**
     * A mean.
     *
     * @param mean NaN if no row has the ratio
     * @param rows number of rows that have it
     */
    record Mean(double mean, int rows) {
        private static Mean of(List<BenchRow> rows, ToDoubleFunction<BenchRow> ratio) {
            double[] values =
                    rows.stream().mapToDouble(ratio).filter(Double::isFinite).toArray();
            return new Mean(values.length == 0 ? Double.NaN : Means.geometric(values), values.length);
        }
    }

    /**
     * The means of a group.
     *
     * @param suite its name
     * @param direction which pass
     * @param dtype type of the elements
     * @param layout of the tensors; empty for operations without channels
     * @param rows number of measured passes
     * @param share of the copy
     * @param gain time of the heuristics' plan over that of the tuned plan, of tuned passes alone
     * @param eager PyTorch's time over clnorm's
     * @param eagerOnDevice the same of the device's own times
     * @param compiled as {@code eager}, with torch.compile
     * @param compiledOnDevice the same of the device's own times
     */
    record Line(
            String suite,
            Direction direction,
            String dtype,
            String layout,
            int rows,
            Mean share,
            Mean gain,
            Mean eager,
            Mean eagerOnDevice,
            Mean compiled,
            Mean compiledOnDevice) {}

    private Ratios() {}

    /**
     * A line for each group that has rows, in the order of the rows.
     *
     * @param rows clnorm's
     * @param pytorch PyTorch's
     * @param tuned whether a search for the plan of a pass has ended
     */
    static List<Line> of(List<BenchRow> rows, List<PyTorchRow> pytorch, BiPredicate<Workload, Direction> tuned) {
        Map<Pass, PyTorchRow> byPass = new LinkedHashMap<>();
        pytorch.stream()
                .filter(row -> row.time() != null)
                .forEach(row -> byPass.put(new Pass(row.workload(), row.direction(), row.mode()), row));
        Map<Group, List<BenchRow>> groups = new LinkedHashMap<>();
        for (BenchRow row : rows) {
            if (row.status() == RowStatus.OK) {
                groups.computeIfAbsent(group(row), unused -> new ArrayList<>()).add(row);
            }
        }
        List<Line> lines = new ArrayList<>();
        groups.forEach((group, of) -> {
            Function<PyTorchRow.Mode, ToDoubleFunction<BenchRow>> whole = mode -> row -> {
                PyTorchRow other = byPass.get(new Pass(row.workload(), row.direction(), mode));
                return other == null
                        ? Double.NaN
                        : other.time().median() / row.figures().time().median();
            };
            Function<PyTorchRow.Mode, ToDoubleFunction<BenchRow>> onDevice = mode -> row -> {
                PyTorchRow other = byPass.get(new Pass(row.workload(), row.direction(), mode));
                return other == null
                        ? Double.NaN
                        : other.deviceMicroseconds() / row.figures().deviceMicroseconds();
            };
            lines.add(new Line(
                    group.suite(),
                    group.direction(),
                    group.dtype(),
                    group.layout(),
                    of.size(),
                    Mean.of(of, row -> row.figures().share()),
                    Mean.of(of, row -> gain(row, tuned)),
                    Mean.of(of, whole.apply(PyTorchRow.Mode.EAGER)),
                    Mean.of(of, onDevice.apply(PyTorchRow.Mode.EAGER)),
                    Mean.of(of, whole.apply(PyTorchRow.Mode.COMPILED)),
                    Mean.of(of, onDevice.apply(PyTorchRow.Mode.COMPILED))));
        });
        return lines;
    }

    private static Group group(BenchRow row) {
        Workload workload = row.workload();
        String dtype = workload.type().toString();
        String layout = workload.operation().takes(NormSpec.Argument.LAYOUT)
                ? workload.layout().toString()
                : "";
        return new Group(
                SuiteOf.name(new MeasuredPass(workload.name(), dtype, layout, row.direction())),
                row.direction(),
                dtype,
                layout);
    }

    /** Passes without a tuned plan have no gain. */
    private static double gain(BenchRow row, BiPredicate<Workload, Direction> tuned) {
        Figures figures = row.figures();
        if (figures.heuristic() == null) {
            // The search has found the plan of the heuristics, or there was none.
            return tuned.test(row.workload(), row.direction()) ? 1 : Double.NaN;
        }
        return figures.heuristic().time().median() / figures.time().median();
    }

    /** The lines as a section of the document. */
    static ArrayNode node(List<Line> lines) {
        ArrayNode list = SurveyDocument.object().arrayNode();
        for (Line line : lines) {
            ObjectNode node = list.addObject()
                    .put("suite", line.suite())
                    .put("direction", line.direction().toString())
                    .put("dtype", line.dtype())
                    .put("layout", line.layout())
                    .put("rows", line.rows());
            put(node, "share", line.share());
            put(node, "gain", line.gain());
            put(node, "eager", line.eager());
            put(node, "eager_device", line.eagerOnDevice());
            put(node, "compiled", line.compiled());
            put(node, "compiled_device", line.compiledOnDevice());
        }
        return list;
    }

    private static void put(ObjectNode node, String name, Mean mean) {
        JsonDocument.number(node, name, mean.mean());
        node.put(name + "_rows", mean.rows());
    }
}
