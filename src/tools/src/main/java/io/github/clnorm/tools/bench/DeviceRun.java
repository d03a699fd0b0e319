package io.github.clnorm.tools.bench;

import io.github.clnorm.Backend;
import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.DevicePort;
import io.github.clnorm.internal.timing.Spread;
import io.github.clnorm.tools.measure.BenchRow;
import io.github.clnorm.tools.measure.DeviceBench;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.CommandClock;
import io.github.clnorm.tools.terminal.MessageText;
import io.github.clnorm.tools.terminal.Seconds;
import io.github.clnorm.type.Tuning;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * What bench measured on a device.
 *
 * @param device the device
 * @param emptyLaunch the time of an empty launch; null if it was not measured
 * @param problem why measuring ended early; null if it did not
 * @param rows in the order of measuring
 */
public record DeviceRun(DeviceInfo device, Spread emptyLaunch, String problem, List<BenchRow> rows) {

    /**
     * What to measure.
     *
     * @param workloads in this order
     * @param directions which passes of each
     * @param budget to measure a workload, without preparing and checking it
     * @param tuning which plans run
     */
    public record Settings(List<Workload> workloads, Set<Direction> directions, Seconds budget, Tuning tuning) {}

    /** Is told what is measured. */
    @FunctionalInterface
    public interface Progress {

        /** Called before a workload is measured. */
        void next(int done, Workload workload);
    }

    /**
     * Measures a device. If it cannot be opened or is lost, that is its problem.
     *
     * @param device the device
     * @param settings what to measure
     * @param stop whether to stop early
     * @param progress is told
     * @return what was measured
     */
    public static DeviceRun measure(DeviceInfo device, Settings settings, BooleanSupplier stop, Progress progress) {
        List<BenchRow> rows = new ArrayList<>();
        Spread emptyLaunch = null;
        String problem = null;
        try (Backend backend = CommandClock.open(DevicePort.open(device, true), device, settings.tuning)) {
            DeviceBench bench = new DeviceBench(backend, settings.budget.nanoseconds(), CommandClock.current(), stop);
            emptyLaunch = bench.emptyLaunch();
            for (int i = 0; i < settings.workloads.size(); i++) {
                progress.next(i, settings.workloads.get(i));
                rows.addAll(bench.run(settings.workloads.get(i), settings.directions));
            }
        } catch (ClException | IllegalStateException e) {
            problem = MessageText.oneLine(e.getMessage());
        }
        return new DeviceRun(device, emptyLaunch, problem, List.copyOf(rows));
    }

    /** Whether no row failed. */
    public boolean isWhole() {
        return problem == null && rows.stream().noneMatch(row -> row.status() == RowStatus.ERROR);
    }
}
