package io.github.clnorm.spark;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;

/** Which device of its machine a task uses. Thread-safe. */
final class AssignedDevice {
    private AssignedDevice() {}

    /**
     * The device of the calling task: the one that {@code $CLNORM_DEVICE} selects on this machine, or the best.
     *
     * @return the device
     * @throws io.github.clnorm.device.NoDeviceException if there is none
     */
    static DeviceInfo ofTask() {
        return DeviceSelector.parse(null).select();
    }
}
