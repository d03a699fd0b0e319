package io.github.clnorm.tools.tune;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.internal.tune.DifferentBitsException;
import io.github.clnorm.internal.tune.Tuned;
import io.github.clnorm.internal.tune.Tuner;
import io.github.clnorm.internal.tune.TuningDatabase;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.ProgressLine;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Tunes passes of workloads on a device in turn, and stores each result immediately. */
public final class TuneRun {

    private final Session session;
    private final TuningDatabase database;
    private final long budget;
    private final LongSupplier clock;
    private final BooleanSupplier stop;
    private final ProgressLine line;

    /**
     * Creates a run on a device.
     *
     * @param session the device
     * @param database where results are stored
     * @param budget nanoseconds for each pass
     * @param clock of nanoseconds
     * @param stop whether to stop early; what is not tuned by then is skipped
     * @param line shows the progress
     */
    public TuneRun(
            Session session,
            TuningDatabase database,
            long budget,
            LongSupplier clock,
            BooleanSupplier stop,
            ProgressLine line) {
        this.session = session;
        this.database = database;
        this.budget = budget;
        this.clock = clock;
        this.stop = stop;
        this.line = line;
    }

    /**
     * Adds a row for each pass.
     *
     * @throws IOException if results could not be stored; all rows are added nevertheless
     */
    public void run(List<Workload> workloads, Set<Direction> directions, List<TuneRow> rows) throws IOException {
        IOException unstored = null;
        int all = workloads.size() * directions.size();
        for (Workload workload : workloads) {
            for (Direction direction : directions) {
                int done = rows.size();
                String name = session.device().selector() + " " + workload + ", " + direction;
                line.show(done, all, name);
                Tuner tuner = new Tuner(
                        session,
                        clock,
                        stop,
                        (plan, tried, known) -> line.show(done, all, tried + "/" + known + " " + name));
                TuneRow row = stop.getAsBoolean()
                        ? TuneRow.without(workload, direction, RowStatus.SKIPPED, "stopped")
                        : tune(tuner, workload, direction);
                rows.add(row);
                if (row.status() == RowStatus.OK) {
                    try {
                        database.add(List.of(row.tuned().entry(session.device(), Instant.now())));
                    } catch (IOException e) {
                        unstored = unstored == null ? e : unstored;
                    }
                }
            }
        }
        if (unstored != null) {
            throw unstored;
        }
    }

    private TuneRow tune(Tuner tuner, Workload workload, Direction direction) {
        if (workload.type() == ElementType.FLOAT64 && !session.device().fp64()) {
            return TuneRow.without(
                    workload,
                    direction,
                    RowStatus.UNSUPPORTED,
                    "float64 is not available on " + session.device().description());
        }
        try {
            Tuned tuned = direction == Direction.FORWARD
                    ? tuner.tune(workload.problem(), budget)
                    : tuner.tune(workload.gradientProblem(), budget);
            return TuneRow.of(workload, direction, tuned);
        } catch (IllegalArgumentException e) {
            return TuneRow.without(workload, direction, RowStatus.UNSUPPORTED, e.getMessage());
        } catch (DifferentBitsException e) {
            return TuneRow.without(workload, direction, RowStatus.ERROR, e.getMessage());
        } catch (ClException e) {
            // Ctrl-C may reach the driver's compiler too.
            boolean stopped = stop.getAsBoolean();
            return TuneRow.without(
                    workload,
                    direction,
                    stopped ? RowStatus.SKIPPED : RowStatus.ERROR,
                    stopped ? "stopped" : e.getMessage());
        }
    }
}
