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

    private static final String LAUNCHES =
            """

            ## Launches

            Launches of a pass, the mean over all tensors of the table. In parentheses: by the fixed rules of version 0.2.0. The
            whole table has both numbers for every tensor. More launches than before are turns, which save reads of memory.

            | GPU | forward | backward | forward, channels last | backward, channels last |
            |---|---|---|---|---|
            """;

    private static final String SHARES =
            """

            ## Large tensors

            The predicted share of the copy's rate, for every tensor above 16 MiB: a plain copy that moves the pass's minimum of
            bytes in one launch has 1. The goal is 0.85. %s A letter says what costs most where a share is below it:

            """;

    private static final String READS =
            """

            Memory is read once wherever a set lies along rows and fits in local memory: forward, and backward in GroupNorm,
            InstanceNorm and BatchNorm. Backward, LayerNorm and RMSNorm read x and dy twice, unless the whole tensors fit in the
            cache: the gradients of their parameters are summed across samples in an order of their own. The strategy tiled reads
            them once, but has too few work-groups for a large GPU. With channels last a set is not together in memory, and x is read again from the cache or from memory.
            """;

    private ExpectedPlansPage() {}

    static String of(List<ExpectedPlan> rows) {
        StringBuilder page = new StringBuilder(HEAD);
        Catalogue.ALL.forEach(gpu -> page.append(device(gpu)));
        page.append(LAUNCHES);
        Catalogue.ALL.forEach(gpu -> page.append(launches(gpu, rows)));
        page.append(String.format(SHARES, total(rows)));
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
        page.append(READS);
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
        for (Layout layout : Layout.values()) {
            for (Direction direction : Direction.values()) {
                List<ExpectedPlan> own = rows.stream()
                        .filter(row -> row.gpu() == gpu
                                && row.direction() == direction
                                && row.workload().layout() == layout)
                        .toList();
                double after = own.stream()
                        .mapToInt(row -> row.prediction().launches().size())
                        .average()
                        .orElseThrow();
                double before = own.stream()
                        .mapToInt(ExpectedPlan::launchesBefore)
                        .average()
                        .orElseThrow();
                cells.add(ExpectedPlan.fixed(after, 2) + " (" + ExpectedPlan.fixed(before, 2) + ")");
            }
        }
        return row(cells.toArray(String[]::new));
    }

    private static String total(List<ExpectedPlan> rows) {
        List<ExpectedPlan> large = rows.stream()
                .filter(row -> row.workload().bytes() > LARGE_BYTES)
                .toList();
        return reached(large) + " of " + large.size() + " passes reach it.";
    }

    private static long reached(List<ExpectedPlan> rows) {
        return rows.stream().filter(row -> row.prediction().share() >= GOAL).count();
    }

    private static String shares(CataloguedGpu gpu, List<ExpectedPlan> own) {
        StringBuilder table = new StringBuilder("\n### " + gpu.key() + "\n\n");
        List<ExpectedPlan> large =
                own.stream().filter(row -> row.workload().bytes() > LARGE_BYTES).toList();
        table.append(reached(large) + " of " + large.size() + " passes reach the goal. Their geometric mean is "
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
