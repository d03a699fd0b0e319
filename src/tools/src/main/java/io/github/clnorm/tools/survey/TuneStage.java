package io.github.clnorm.tools.survey;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clnorm.Backend;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.DevicePort;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.internal.tune.TuningDatabase;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.ProgressLine;
import io.github.clnorm.tools.terminal.Seconds;
import io.github.clnorm.tools.tune.TuneJson;
import io.github.clnorm.tools.tune.TuneRow;
import io.github.clnorm.tools.tune.TuneRun;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** The searches of {@code clnorm tune}, into a database of the survey's own. */
final class TuneStage implements Stage {

    // A search that has less finds nothing; one that has more finds little more.
    private static final long LEAST = TimeUnit.SECONDS.toNanos(2);
    private static final long MOST = TimeUnit.SECONDS.toNanos(10);
    // The document is kept this often.
    private static final long KEEPING = TimeUnit.SECONDS.toNanos(5);

    private final SurveyDocument document;
    private final DeviceInfo device;
    private final TuningDatabase database;
    private final LongSupplier clock;
    private final TimeBudget budget;
    private final double until;
    private final ProgressLine line;
    private final Runnable keep;
    private final List<Workload> workloads;
    private final int required;
    private final List<TuneRow> rows = new ArrayList<>();

    /**
     * Creates it.
     *
     * @param database gets the plans
     * @param until the share of the whole time at which it ends
     * @param keep keeps the document
     * @param workloads to tune, what matters most first
     * @param required number of workloads without which it is cut short
     */
    TuneStage(
            SurveyDocument document,
            DeviceInfo device,
            TuningDatabase database,
            LongSupplier clock,
            TimeBudget budget,
            double until,
            ProgressLine line,
            Runnable keep,
            List<Workload> workloads,
            int required) {
        this.document = document;
        this.device = device;
        this.database = database;
        this.clock = clock;
        this.budget = budget;
        this.until = until;
        this.line = line;
        this.keep = keep;
        this.workloads = workloads;
        this.required = required;
    }

    @Override
    public Outcome run(BooleanSupplier stop) throws IOException {
        long kept = budget.passed();
        int all = workloads.size() * Direction.values().length;
        try (Backend backend = new Backend(new Session(DevicePort.open(device, false), device))) {
            for (Workload workload : workloads) {
                for (Direction direction : Direction.values()) {
                    if (!stop.getAsBoolean()) {
                        line.show(rows.size(), all, "tune " + workload + ", " + direction);
                        tune(backend.session(), workload, direction, all - rows.size(), stop);
                        if (budget.passed() - kept > KEEPING) {
                            put(all);
                            keep.run();
                            kept = budget.passed();
                        }
                    }
                }
            }
        } finally {
            put(all);
        }
        long errors = count(RowStatus.ERROR);
        if (errors > 0) {
            return Outcome.error(errors + " of " + rows.size() + " searches failed");
        }
        long found = count(RowStatus.OK);
        if (rows.size() == all) {
            return Outcome.OK;
        }
        String counted = found + " of " + all + " passes were tuned";
        return rows.size() < required * Direction.values().length || budget.isInterrupted()
                ? Outcome.cutShort(counted)
                : new Outcome(SurveyDocument.Ending.OK, counted + ", the others have the heuristics' plans");
    }

    /** Whether the search for the plan of a pass has ended. */
    boolean hasTuned(Workload workload, Direction direction) {
        return rows.stream()
                .anyMatch(row -> row.status() == RowStatus.OK
                        && row.direction() == direction
                        && row.workload().equals(workload));
    }

    private void put(int all) throws IOException {
        TuneJson json = new TuneJson(new Seconds(MOST));
        json.interrupted(rows.size() < all);
        json.add(device, null, rows);
        document.put("tune", json.root());
        document.put("tuning", new ObjectMapper().readTree(database.exported().text()));
    }

    private void tune(Session session, Workload workload, Direction direction, int left, BooleanSupplier stop)
            throws IOException {
        long share = Math.min(MOST, Math.max(LEAST, budget.left(until) / left));
        List<TuneRow> row = new ArrayList<>();
        try {
            new TuneRun(session, database, share, clock, stop, ProgressLine.none())
                    .run(List.of(workload), EnumSet.of(direction), row);
        } finally {
            rows.addAll(row);
        }
    }

    private long count(RowStatus status) {
        return rows.stream().filter(row -> row.status() == status).count();
    }
}
