package io.github.clnorm.spark;

import io.github.clnorm.NormSpec;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.tools.bench.BenchJson;
import io.github.clnorm.tools.bench.DeviceRun;
import io.github.clnorm.tools.cluster.DeviceMeasure;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.Seconds;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import io.github.clnorm.type.Tuning;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.function.BooleanSupplier;

/** One small forward pass. */
final class SmallMeasure implements DeviceMeasure {

    private static final long serialVersionUID = 1;

    private static final long BUDGET = 10_000_000;

    @Override
    public String json(DeviceInfo device, BooleanSupplier stop) throws IOException {
        DeviceRun.Settings settings = new DeviceRun.Settings(
                List.of(new Workload(
                        NormSpec.Kind.GROUP_NORM,
                        List.of(2L, 4L, 8L, 8L),
                        2,
                        ElementType.FLOAT32,
                        Layout.CHANNELS_FIRST)),
                EnumSet.of(Direction.FORWARD),
                new Seconds(BUDGET),
                Tuning.OFF);
        BenchJson document = new BenchJson(List.of("small"), settings.budget(), "off");
        document.add(DeviceRun.measure(device, settings, stop, (done, workload) -> {}));
        return document.text();
    }
}
