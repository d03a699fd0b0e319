package io.github.clnorm.tools.machine;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.device.Devices;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** The option {@code --device} of commands that can use several devices. */
public final class DevicesOption {

    static final String ALL = "all";

    @Option(
            names = "--device",
            paramLabel = "SEL",
            arity = "1..*",
            description = {
                "all for every device, else terms that must all match: gpu, cpu, accelerator, any, PLATFORM:DEVICE, or a part"
                        + " of the device's name, vendor or platform. May be given several times. Default:"
                        + " $CLNORM_DEVICE, else the best device."
            })
    private List<String> selectors;

    /** Rejects malformed selectors; call it before any work. */
    public void check() {
        wanted().forEach(DeviceSelector::parse);
    }

    private List<String> wanted() {
        if (selectors != null) {
            return selectors;
        }
        String byDefault = System.getenv(DeviceSelector.ENVIRONMENT);
        return Collections.singletonList(isAll(byDefault) ? ALL : null);
    }

    /** The matching devices, each once and at least one. With {@code all}: every device, in the loader's order. */
    public List<DeviceInfo> select() {
        Map<String, DeviceInfo> devices = new LinkedHashMap<>();
        for (String selector : wanted()) {
            for (DeviceInfo device : select(selector)) {
                devices.putIfAbsent(device.selector(), device);
            }
        }
        return List.copyOf(devices.values());
    }

    private static boolean isAll(String selector) {
        return selector != null && selector.strip().equals(ALL);
    }

    private static List<DeviceInfo> select(String selector) {
        if (!isAll(selector)) {
            return List.of(DeviceSelector.parse(selector).select());
        }
        List<DeviceInfo> devices = Devices.of(Devices.platforms());
        // If there is no device, the selector throws the error that says why.
        return devices.isEmpty() ? List.of(DeviceSelector.parse("any").select()) : devices;
    }
}
