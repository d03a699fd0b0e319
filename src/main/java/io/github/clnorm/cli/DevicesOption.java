package io.github.clnorm.cli;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.device.Devices;
import java.util.List;
import picocli.CommandLine.Option;

/** Which devices a command works on that can take several. */
final class DevicesOption {

    private static final String ALL = "all";

    @Option(
            names = "--device",
            paramLabel = "SEL",
            description = {
                "all for every device, else terms that must all match: gpu, cpu, accelerator, any, PLATFORM:DEVICE, or a part"
                        + " of the device's name, vendor or platform. Default: $CLNORM_DEVICE, else the best device."
            })
    private String selector;

    /** Refuses a wrong selector, before any work. */
    void check() {
        DeviceSelector.parse(selector);
    }

    /** Every device in the loader's order, or the one that matches; never none. */
    List<DeviceInfo> select() {
        if (selector == null || !selector.strip().equals(ALL)) {
            return List.of(DeviceSelector.parse(selector).select());
        }
        List<DeviceInfo> devices = Devices.of(Devices.platforms());
        // Where there is none, the selector says so.
        return devices.isEmpty() ? List.of(DeviceSelector.parse("any").select()) : devices;
    }
}
