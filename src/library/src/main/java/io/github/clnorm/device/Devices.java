package io.github.clnorm.device;

import io.github.clnorm.internal.driver.DeviceQuery;
import java.util.List;
import org.jocl.cl_device_id;

/** The OpenCL devices of this machine. Thread-safe. */
public final class Devices {
    private Devices() {}

    /**
     * Queries every platform for its devices. {@link PlatformInfo#problem()} reports a platform or device that fails to
     * answer; the others are still listed.
     *
     * @return the platforms in the loader's order; empty if the loader finds none
     * @throws NoDeviceException if OpenCL cannot be called, with an {@link OpenClLoadException} as its cause, or if the
     *     loader fails
     */
    public static List<PlatformInfo> platforms() {
        return DeviceQuery.platforms();
    }

    /**
     * Loads the OpenCL loader, JOCL and JOCL's native library. Calls no driver.
     *
     * @throws OpenClLoadException if one cannot be loaded; further calls throw the same
     */
    public static void load() {
        DeviceQuery.load();
    }

    /**
     * Returns the devices of several platforms, in their order.
     *
     * @param platforms as {@link #platforms()} returns them
     * @return all their devices
     */
    public static List<DeviceInfo> of(List<PlatformInfo> platforms) {
        return platforms.stream()
                .flatMap(platform -> platform.devices().stream())
                .toList();
    }

    /**
     * Describes a device that the application opened. For a sub-device, the platform and device indices are those of
     * its root device; all other values are its own.
     *
     * @param id the device
     * @return its description
     * @throws NoDeviceException if the loader lists neither the device nor its root device
     */
    public static DeviceInfo withId(cl_device_id id) {
        return DeviceQuery.withId(id);
    }
}
