package io.github.clnorm.tools.cluster;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.tools.bench.BenchJson;
import io.github.clnorm.tools.bench.DeviceRun;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Suite;
import io.github.clnorm.tools.terminal.Seconds;
import io.github.clnorm.type.Tuning;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/**
 * The rows of {@code clnorm bench} with float32 tensors, forward and backward.
 *
 * @param suites names of suites
 * @param nanoseconds to measure a workload, without preparing and checking it
 */
public record SuiteMeasure(List<String> suites, long nanoseconds) implements DeviceMeasure {

    /** Rejects names that are no suites, before the machines are asked. */
    public SuiteMeasure {
        suites = List.copyOf(suites);
        Suite.workloads(suites);
    }

    @Override
    public String json(DeviceInfo device, BooleanSupplier stop) throws IOException {
        DeviceRun.Settings settings = new DeviceRun.Settings(
                Suite.workloads(suites), EnumSet.allOf(Direction.class), new Seconds(nanoseconds), Tuning.CACHED);
        BenchJson document = new BenchJson(
                suites, settings.budget(), settings.tuning().name().toLowerCase(Locale.ROOT));
        document.add(DeviceRun.measure(device, settings, stop, (done, workload) -> {}));
        document.interrupted(stop.getAsBoolean());
        return document.text();
    }

    /** A document without rows, with the reason why a device was not measured. */
    static String without(DeviceInfo device, String problem) throws IOException {
        BenchJson document =
                new BenchJson(List.of(), new Seconds(0), Tuning.CACHED.name().toLowerCase(Locale.ROOT));
        document.add(new DeviceRun(device, null, problem, List.of()));
        return document.text();
    }
}
