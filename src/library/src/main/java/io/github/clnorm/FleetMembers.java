package io.github.clnorm;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.device.Devices;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.type.Tuning;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The backends that a fleet is made of.
 *
 * @param backends one or more
 * @param notOpened why devices that match a selector are not among them
 */
record FleetMembers(List<Backend> backends, List<String> notOpened) {

    private static final String ALL = "all";

    /** Opens all devices that match a selector. */
    static FleetMembers open(String selector, Tuning tuning) {
        List<Backend> opened = new ArrayList<>();
        List<String> notOpened = new ArrayList<>();
        RuntimeException first = null;
        for (DeviceInfo device : matching(selector)) {
            try {
                opened.add(Backend.open(device, tuning));
            } catch (ClException | NoDeviceException e) {
                first = first == null ? e : first;
                notOpened.add(device.description() + ": " + e.getMessage());
            }
        }
        if (opened.isEmpty() && first != null) {
            throw first;
        }
        return new FleetMembers(opened, notOpened);
    }

    private static List<DeviceInfo> matching(String selector) {
        DeviceSelector parsed = DeviceSelector.parse(
                Objects.requireNonNull(selector, "selector").strip().equals(ALL) ? "any" : selector);
        List<DeviceInfo> matching = parsed.matching(Devices.of(Devices.platforms()));
        // If there is no device, the selector throws the error that says why.
        return matching.isEmpty() ? List.of(parsed.select()) : matching;
    }

    /** Takes backends of the program. Rejects none, one that is given twice, and two on one device unless that is allowed. */
    static FleetMembers of(List<Backend> backends, Fleet.SameDevice sameDevice) {
        Objects.requireNonNull(sameDevice, "sameDevice");
        if (backends.isEmpty()) {
            throw new IllegalArgumentException("Expected a fleet of one backend or more, but got none");
        }
        for (int i = 0; i < backends.size(); i++) {
            Backend backend = Objects.requireNonNull(backends.get(i), "backend");
            for (Backend before : backends.subList(0, i)) {
                checkDiffer(before, backend, sameDevice);
            }
        }
        return new FleetMembers(backends, List.of());
    }

    private static void checkDiffer(Backend one, Backend other, Fleet.SameDevice sameDevice) {
        if (one == other) {
            throw new IllegalArgumentException("Expected each backend of a fleet once, but got " + other + " twice");
        }
        if (sameDevice == Fleet.SameDevice.REJECTED && isSame(one.device(), other.device())) {
            throw new IllegalArgumentException("Expected each device of a fleet once, but got two backends on "
                    + other.device().description()
                    + ": Fleet.of(backends, SameDevice.ALLOWED) takes them");
        }
    }

    private static boolean isSame(DeviceInfo one, DeviceInfo other) {
        return one.handle() == null || other.handle() == null
                ? one.equals(other)
                : one.handle().equals(other.handle());
    }
}
