package io.github.clnorm.tools.plans;

import io.github.clnorm.internal.model.Capacity;
import io.github.clnorm.internal.model.Catalogue;
import io.github.clnorm.internal.model.CataloguedGpu;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.Layout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The page about expected plans, in Markdown. */
final class ExpectedPlansPage {

    /** Smaller tensors are measures of launches. */
    static final long LARGE_BYTES = 16L << 20;

    /** The least share of the copy that a large tensor is to reach. */
    static final double GOAL = 0.85;

    private static final String HEAD =
            """
            # Expected plans on GPUs

            What clnorm's heuristics choose on 12 GPUs, and how fast its model of time predicts these plans to be. **Nothing on this
            page was measured.** `catalogue.json` has the facts about each GPU with their sources, and marks estimates. All launch
            overheads, latencies and cache rates are estimates.

            The whole table, with all tensors of all suites, is
            [`expected-plans.csv`](../src/tools/src/test/resources/io/github/clnorm/tools/plans/expected-plans.csv). A test fails if
            a plan or a prediction changes. To record a deliberate change, run

            ```sh
            ./clnorm test -Dtest=ExpectedPlansTest -Dclnorm.record=true
            ```

            and commit the table and this page.

            ## The devices

            | GPU | its driver reports | units | work-items of a unit | local memory of a unit | cache | memory |
            |---|---|---|---|---|---|---|
            """;

    // Forward, backward, and both with channels last.
    private static final Map<String, double[]> LAUNCHES_BEFORE = Map.ofEntries(
            Map.entry("H200", new double[] {1.56, 3.54, 2.89, 3.94}),
            Map.entry("RTX 4090", new double[] {1.54, 3.49, 2.89, 3.94}),
            Map.entry("T4", new double[] {1.46, 3.13, 2.89, 3.94}),
            Map.entry("MI300X", new double[] {1.49, 3.44, 2.89, 3.94}),
            Map.entry("RX 7900 XTX", new double[] {1.44, 3.08, 2.89, 3.94}),
            Map.entry("Vega 64", new double[] {1.44, 3.08, 2.89, 3.94}),
            Map.entry("Arc A770", new double[] {1.49, 3.44, 2.89, 3.94}),
            Map.entry("UHD 770", new double[] {1.41, 3.03, 2.89, 3.94}),
            Map.entry("Iris Xe", new double[] {1.49, 3.33, 2.89, 3.94}),
            Map.entry("M2", new double[] {1.15, 2.41, 2.89, 3.94}),
            Map.entry("Mali-G78", new double[] {1.46, 3.08, 2.89, 3.94}),
            Map.entry("Adreno 740", new double[] {1.05, 2.21, 2.89, 3.94}));

    private static final String LAUNCHES =
            """

            ## Launches

            Launches of a pass, the mean over all tensors of the table. In parentheses: by the fixed rules of version 0.2.0.

            | GPU | forward | backward | forward, channels last | backward, channels last |
            |---|---|---|---|---|
            """;

    private static final String SHARES =
            """

            ## Large tensors

            The predicted share of the copy's rate, for every tensor above 16 MiB: a plain copy that moves the pass's minimum of
            bytes in one launch has 1. The goal is 0.85. A letter says what costs most where a share is below it:

            """;

    private ExpectedPlansPage() {}

    static String of(List<ExpectedPlan> rows) {
        StringBuilder page = new StringBuilder(HEAD);
        Catalogue.ALL.forEach(gpu -> page.append(device(gpu)));
        page.append(LAUNCHES);
        Catalogue.ALL.forEach(gpu -> page.append(launches(gpu, rows)));
        page.append(SHARES);
        for (ExpectedPlan.Loss loss : ExpectedPlan.Loss.values()) {
            if (loss != ExpectedPlan.Loss.NONE) {
                page.append("- **")
                        .append(loss.letter())
                        .append("** ")
                        .append(loss.text())
                        .append('\n');
            }
        }
        Map<CataloguedGpu, List<ExpectedPlan>> byGpu = rows.stream()
                .collect(Collectors.groupingBy(ExpectedPlan::gpu, LinkedHashMap::new, Collectors.toList()));
        byGpu.forEach((gpu, own) -> page.append(shares(gpu, own)));
        return page.toString();
    }

    private static String device(CataloguedGpu gpu) {
        Capacity capacity = gpu.capacity();
        return row(
                gpu.key(),
                gpu.device().computeUnits() + " compute units",
                capacity.units().count() + " (" + gpu.unit() + ")",
                Integer.toString(capacity.slots().workItems()),
                capacity.local().bytes() == 0
                        ? "in global memory"
                        : (capacity.local().bytes() >> 10) + " KiB",
                ExpectedPlan.fixed(capacity.memory().cacheBytes() / (double) (1 << 20), 1) + " MiB",
                ExpectedPlan.fixed(capacity.memory().rate() / 1000, 0) + " GB/s");
    }

    private static String launches(CataloguedGpu gpu, List<ExpectedPlan> rows) {
        List<String> cells = new ArrayList<>(List.of(gpu.key()));
        double[] before = LAUNCHES_BEFORE.get(gpu.key());
        for (Layout layout : Layout.values()) {
            for (Direction direction : Direction.values()) {
                double mean = rows.stream()
                        .filter(row -> row.gpu() == gpu
                                && row.direction() == direction
                                && row.workload().layout() == layout)
                        .mapToInt(row -> row.prediction().launches().size())
                        .average()
                        .orElseThrow();
                cells.add(ExpectedPlan.fixed(mean, 2) + " (" + ExpectedPlan.fixed(before[cells.size() - 1], 2) + ")");
            }
        }
        return row(cells.toArray(String[]::new));
    }

    private static String shares(CataloguedGpu gpu, List<ExpectedPlan> own) {
        StringBuilder table = new StringBuilder("\n### " + gpu.key() + "\n\n");
        List<ExpectedPlan> large =
                own.stream().filter(row -> row.workload().bytes() > LARGE_BYTES).toList();
        long reached =
                large.stream().filter(row -> row.prediction().share() >= GOAL).count();
        table.append(reached + " of " + large.size() + " passes reach the goal. Their geometric mean is "
                + ExpectedPlan.fixed(mean(large), 2) + ".\n\n");
        table.append("| tensor | MiB | forward | backward | forward, channels last | backward, channels last |\n");
        table.append("|---|---|---|---|---|---|\n");
        large.stream()
                .map(ExpectedPlan::workload)
                .filter(workload -> workload.layout() == Layout.CHANNELS_FIRST)
                .distinct()
                .forEach(workload -> table.append(row(
                        workload.name() + ", " + workload.type(),
                        Long.toString(workload.bytes() >> 20),
                        cell(large, workload, Direction.FORWARD),
                        cell(large, workload, Direction.BACKWARD),
                        last(large, workload, Direction.FORWARD),
                        last(large, workload, Direction.BACKWARD))));
        return table.toString();
    }

    private static String last(List<ExpectedPlan> rows, Workload workload, Direction direction) {
        Workload turned = workload.in(workload.type(), Layout.CHANNELS_LAST);
        return turned.equals(workload) ? "" : cell(rows, turned, direction);
    }

    private static String cell(List<ExpectedPlan> rows, Workload workload, Direction direction) {
        Optional<ExpectedPlan> found = rows.stream()
                .filter(row -> row.workload().equals(workload) && row.direction() == direction)
                .findFirst();
        return found.map(row -> ExpectedPlan.fixed(row.prediction().share(), 2)
                        + (row.prediction().share() < GOAL ? " " + row.loss().letter() : ""))
                .orElse("");
    }

    private static double mean(List<ExpectedPlan> rows) {
        return Math.exp(rows.stream()
                .mapToDouble(row -> Math.log(row.prediction().share()))
                .average()
                .orElse(0));
    }

    private static String row(String... cells) {
        return Arrays.stream(cells).collect(Collectors.joining(" | ", "| ", " |\n"));
    }
}
