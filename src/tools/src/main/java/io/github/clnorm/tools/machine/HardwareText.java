package io.github.clnorm.tools.machine;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.LocalMemoryType;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.model.Capacities;
import io.github.clnorm.internal.model.Capacity;
import io.github.clnorm.internal.model.Catalogue;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** How a device is built, in words: what its driver reports, and what clnorm makes of it. */
final class HardwareText {

    private HardwareText() {}

    /** One line; what the driver does not report is left out. */
    static String of(DeviceInfo device) {
        List<String> parts = new ArrayList<>();
        parts.add(units(device));
        if (device.localMemoryType() != LocalMemoryType.UNKNOWN) {
            parts.add("local memory is " + device.localMemoryType().word());
        }
        if (!device.subGroupSizes().isEmpty()) {
            parts.add("sub-groups of "
                    + device.subGroupSizes().stream().map(String::valueOf).collect(Collectors.joining(", ")));
        }
        if (!device.architecture().isEmpty()) {
            parts.add("architecture " + device.architecture());
        }
        if (!device.pciAddress().isEmpty()) {
            parts.add("PCI " + device.pciAddress());
        }
        return String.join(", ", parts);
    }

    private static String units(DeviceInfo device) {
        String reported = device.computeUnits() + " compute units";
        if (!Quirks.isGpu(device)) {
            return reported;
        }
        Capacity capacity = Capacities.of(device);
        String known = Catalogue.find(device)
                .map(gpu -> gpu.unit() + " of the catalogue's " + gpu.key())
                .orElse("by the vendor's rule");
        return reported + " taken as " + capacity.units().count() + " units (" + known + ")";
    }
}
