package io.github.clnorm.internal.opencl;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.PoclCompanion;

/** Opens devices. Thread-safe. */
public final class DevicePort {
    private DevicePort() {}

    /**
     * Opens a device with a context of its own, in the way that is fastest for it.
     *
     * @param info the device
     * @param timed whether launches can be timed; makes some drivers a little slower
     * @return the port
     * @throws io.github.clnorm.device.ClException when the device cannot be opened
     * @throws io.github.clnorm.device.NoDeviceException when opening the device with this driver crashes the process
     */
    public static OpenCl open(DeviceInfo info, boolean timed) {
        return PoclCompanion.of(info)
                .<OpenCl>map(companion -> TeamOpenCl.open(info, companion))
                .orElseGet(() -> JoclOpenCl.open(info, timed));
    }
}
