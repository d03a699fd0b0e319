package io.github.clnorm.device;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jocl.cl_device_id;

/** What OpenCL devices this machine has. Thread-safe. */
public final class Devices {
    private Devices() {}

    /**
     * Asks every platform for its devices. A platform or device that fails to answer is reported in its
     * {@link PlatformInfo#problem()} and hides no other.
     *
     * @return the platforms in the loader's order; empty where there is none
     * @throws NoDeviceException when OpenCL cannot be called at all, and the cause is an {@link OpenClLoadException}; or when
     *     the loader cannot be asked
     */
    public static List<PlatformInfo> platforms() {
        return platforms(UnaryOperator.identity());
    }

    /** Asks through another source in front of the loader. */
    static List<PlatformInfo> platforms(UnaryOperator<PlatformSource> around) {
        try {
            load();
            return FirstLoad.watched(() -> platforms(around.apply(new JoclPlatformSource())));
        } catch (OpenClLoadException e) {
            throw new NoDeviceException(e.getMessage() + ". " + e.remedy(), e);
        } catch (PlatformSource.QueryException e) {
            throw new NoDeviceException("the OpenCL loader: " + e.getMessage(), e);
        }
    }

    /**
     * Loads what OpenCL needs in this process: the OpenCL loader, JOCL, and JOCL's native part. No driver is asked.
     *
     * @throws OpenClLoadException with what is at fault; a second attempt fails in the same way
     */
    public static void load() {
        if (Installation.hasIcdFiles()) {
            Installation.ofThisMachine().load();
        }
        NativePart.load();
    }

    static List<PlatformInfo> platforms(PlatformSource source) {
        List<PlatformInfo> platforms = new ArrayList<>();
        int count = source.platforms();
        for (int p = 0; p < count; p++) {
            platforms.add(platform(source, p));
        }
        return platforms;
    }

    /**
     * The devices of some platforms, in their order.
     *
     * @param platforms as {@link #platforms()} gives them
     * @return all their devices
     */
    public static List<DeviceInfo> of(List<PlatformInfo> platforms) {
        return platforms.stream().flatMap(platform -> platform.devices().stream()).toList();
    }

    /**
     * What is known of a device that the application opened. It may be a sub-device: then all but its indices, which are
     * those of the device that it is a part of, is its own.
     *
     * @param id the device
     * @return its description
     * @throws NoDeviceException when the loader shows neither it nor a device that it is a part of
     */
    public static DeviceInfo withId(cl_device_id id) {
        List<DeviceInfo> devices = of(platforms());
        return withId(devices, id).orElseGet(() -> withId(devices, SubDevices.root(id))
                .map(root -> SubDevices.describe(root, id))
                .orElseThrow(() -> new NoDeviceException("the OpenCL loader shows no device " + id)));
    }

    private static Optional<DeviceInfo> withId(List<DeviceInfo> devices, cl_device_id id) {
        return devices.stream().filter(device -> device.handle().device().equals(id)).findFirst();
    }

    private static PlatformInfo platform(PlatformSource source, int index) {
        PlatformInfo bare;
        try {
            bare = source.platform(index);
        } catch (PlatformSource.QueryException e) {
            return new PlatformInfo(index, "platform " + index, "", "", List.of(), e.getMessage());
        }
        List<DeviceInfo> devices = new ArrayList<>();
        String problem = null;
        try {
            int count = source.devices(index);
            for (int d = 0; d < count; d++) {
                try {
                    devices.add(source.device(index, d));
                } catch (PlatformSource.QueryException e) {
                    problem = "device " + index + ":" + d + ": " + e.getMessage();
                }
            }
        } catch (PlatformSource.QueryException e) {
            problem = e.getMessage();
        }
        return new PlatformInfo(index, bare.name(), bare.vendor(), bare.version(), List.copyOf(devices), problem);
    }
}
