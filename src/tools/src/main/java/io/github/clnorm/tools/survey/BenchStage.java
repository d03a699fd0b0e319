package io.github.clnorm.tools.survey;

import io.github.clnorm.Backend;
import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.DevicePort;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.internal.timing.Spread;
import io.github.clnorm.internal.tune.TunedPlans;
import io.github.clnorm.internal.tune.TuningDatabase;
import io.github.clnorm.tools.bench.BenchJson;
import io.github.clnorm.tools.measure.BenchRow;
import io.github.clnorm.tools.measure.DeviceBench;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.MessageText;
import io.github.clnorm.tools.terminal.ProgressLine;
import io.github.clnorm.tools.terminal.Seconds;
import io.github.clnorm.type.Tuning;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** The rows of {@code clnorm bench} with the survey's tuned plans, and PyTorch's after each. */
final class BenchStage implements Stage {

    private static final Set<Direction> BOTH = EnumSet.allOf(Direction.class);
    // Shares of a workload's time. The rest is for its tensors, the comparison with float64 and compilers.
    private static final double MEASURING = 0.35;
    private static final double PYTORCH = 0.2;
    // On a slow device few workloads are measured well, rather than all of them badly.
    private static final long LEAST = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long MOST = TimeUnit.SECONDS.toNanos(1);
    // Share of the stage's time that torch.compile may take.
    private static final double COMPILING = 0.25;
    // The float64 reference takes Java a second for a tensor of this size.
    private static final long MOST_COMPARED = 1L << 22;
    // The document is kept this often.
    private static final long KEEPING = TimeUnit.SECONDS.toNanos(5);

    private final SurveyDocument document;
    private final DeviceInfo device;
    private final TuningDatabase database;
    private final BiPredicate<Workload, Direction> tuned;
    private final LongSupplier clock;
    private final TimeBudget budget;
    private final double until;
    private final PyTorch pytorch;
    private final ProgressLine line;
    private final Runnable keep;
    private final List<Workload> workloads;

    private final List<BenchRow> rows = new ArrayList<>();
    private Spread emptyLaunch;
    private String problem;
    private Predictions predictions = new Predictions(Predictions.Model.NONE);

    /**
     * Creates it.
     *
     * @param database has the tuned plans; null if there are none
     * @param tuned whether a search for the plan of a pass has ended
     * @param until the share of the whole time at which it ends
     * @param keep keeps the document
     */
    BenchStage(
            SurveyDocument document,
            DeviceInfo device,
            TuningDatabase database,
            BiPredicate<Workload, Direction> tuned,
            LongSupplier clock,
            TimeBudget budget,
            double until,
            PyTorch pytorch,
            ProgressLine line,
            Runnable keep,
            List<Workload> workloads) {
        this.document = document;
        this.device = device;
        this.database = database;
        this.tuned = tuned;
        this.clock = clock;
        this.budget = budget;
        this.until = until;
        this.pytorch = pytorch;
        this.line = line;
        this.keep = keep;
        this.workloads = workloads;
    }

    @Override
    public Outcome run(BooleanSupplier stop) throws IOException {
        pytorch.await(budget.left(until) / 4);
        long all = budget.left(until);
        long each = all / workloads.size();
        long share = Math.min(MOST, Math.max(LEAST, (long) (each * MEASURING)));
        double ofPyTorch = Math.min(MOST, Math.max(LEAST, each * PYTORCH)) / 1e9;
        int measured = 0;
        try (Backend backend = new Backend(new Session(DevicePort.open(device, true), device))) {
            if (database != null) {
                TunedPlans.use(backend.session(), Tuning.CACHED, database, clock);
            }
            predictions = new Predictions(Predictions.Model.of(backend.session()));
            DeviceBench bench = new DeviceBench(backend, share, clock, stop, MOST_COMPARED);
            emptyLaunch = bench.emptyLaunch();
            long kept = budget.passed();
            for (Workload workload : workloads) {
                if (stop.getAsBoolean()) {
                    break;
                }
                line.show(measured, workloads.size(), "bench " + workload);
                rows.addAll(bench.run(workload, BOTH));
                measured++;
                if (!stop.getAsBoolean()) {
                    boolean compile = pytorch.compileSeconds() < COMPILING * all / 1e9;
                    pytorch.measure(workload, ofPyTorch, compile, () -> budget.left(until));
                }
                if (budget.passed() - kept > KEEPING) {
                    put(share);
                    keep.run();
                    kept = budget.passed();
                }
            }
        } catch (ClException | IllegalStateException e) {
            problem = MessageText.oneLine(String.valueOf(e.getMessage()));
        } finally {
            put(share);
        }
        return outcome(measured);
    }

    private Outcome outcome(int measured) {
        if (problem != null) {
            return Outcome.error(problem);
        }
        long errors =
                rows.stream().filter(row -> row.status() == RowStatus.ERROR).count();
        if (errors > 0) {
            return Outcome.error(errors + " of " + rows.size() + " passes failed");
        }
        if (measured < workloads.size()) {
            return Outcome.cutShort(measured + " of " + workloads.size() + " workloads were measured");
        }
        return Outcome.OK;
    }

    private void put(long share) throws IOException {
        BenchJson json = new BenchJson(SurveyedPasses.suites(), new Seconds(share), "cached");
        json.interrupted(rows.size() < workloads.size() * BOTH.size());
        json.add(device, emptyLaunch, problem, rows);
        document.put("bench", json.root());
        document.put("pytorch", pytorch.node());
        document.put("ratios", Ratios.node(ratios()));
        document.put("predictions", predictions.node(rows));
    }

    /** The means of what was measured so far. */
    List<Ratios.Line> ratios() {
        return Ratios.of(rows, pytorch.rows(), tuned);
    }
}
