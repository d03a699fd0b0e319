package io.github.clnorm.tools.bench;

import io.github.clnorm.Backend;
import io.github.clnorm.Fleet;
import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.MessageText;
import io.github.clnorm.tools.terminal.ProgressLine;
import io.github.clnorm.type.Tuning;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Measures workloads on several devices together, from host memory to host memory, next to each device alone. */
final class FleetBench {

    private final List<DeviceInfo> devices;
    private final Tuning tuning;
    private final BooleanSupplier stop;

    FleetBench(List<DeviceInfo> devices, Tuning tuning, BooleanSupplier stop) {
        this.devices = devices;
        this.tuning = tuning;
        this.stop = stop;
    }

    /**
     * Measures, and stores the weights for later passes.
     *
     * @throws ClException if a device cannot be opened
     */
    List<FleetRow> run(List<Workload> workloads, ProgressLine line) {
        List<Backend> backends = new ArrayList<>();
        try {
            for (DeviceInfo device : devices) {
                backends.add(Backend.open(device, tuning));
            }
            List<FleetRow> rows = new ArrayList<>();
            try (Fleet fleet = Fleet.of(backends.toArray(Backend[]::new))) {
                for (int i = 0; i < workloads.size() && !stop.getAsBoolean(); i++) {
                    line.show(i, workloads.size(), "fleet " + workloads.get(i));
                    rows.add(row(fleet, workloads.get(i)));
                }
            }
            return rows;
        } finally {
            backends.forEach(Backend::close);
        }
    }

    private static FleetRow row(Fleet fleet, Workload workload) {
        if (workload.additions().scaleShift() || workload.additions().residual()) {
            String reason = "fleets are measured without residual, scale and shift";
            return new FleetRow(workload, RowStatus.UNSUPPORTED, reason, null);
        }
        try {
            return new FleetRow(
                    workload, RowStatus.OK, "", fleet.calibrate(workload.spec(), workload.type(), workload.shape()));
        } catch (IllegalArgumentException e) {
            return new FleetRow(workload, RowStatus.UNSUPPORTED, MessageText.oneLine(e.getMessage()), null);
        } catch (ClException | IllegalStateException e) {
            return new FleetRow(workload, RowStatus.ERROR, MessageText.oneLine(e.getMessage()), null);
        }
    }
}
