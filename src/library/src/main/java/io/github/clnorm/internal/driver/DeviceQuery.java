package io.github.clnorm.internal.driver;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.device.OpenClLoadException;
import io.github.clnorm.device.PlatformInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jocl.cl_device_id;

/** Queries the OpenCL loader for platforms and devices. Thread-safe. */
public final class DeviceQuery {
    private DeviceQuery() {}

    /**
     * Returns all platforms of this process.
     *
     * @return the platforms in the loader's order
     * @throws NoDeviceException if OpenCL cannot be called, or the loader fails
     */
    public static List<PlatformInfo> platforms() {
        return platforms(UnaryOperator.identity());
    }

    /** Queries through a source that wraps the loader. */
    static List<PlatformInfo> platforms(UnaryOperator<PlatformSource> around) {
        try {
            load();
            PoclCompanion.request();
            try {
                return FirstLoad.watched(() -> platforms(around.apply(new JoclPlatformSource())));
            } finally {
                PoclCompanion.loaded();
            }
        } catch (OpenClLoadException e) {
            throw new NoDeviceException(e.getMessage() + ". " + e.remedy(), e);
        } catch (PlatformSource.QueryException e) {
            throw new NoDeviceException("the OpenCL loader: " + e.getMessage(), e);
        }
    }

    /**
     * Loads the OpenCL loader, JOCL, and JOCL's native library. Calls no driver.
     *
     * @throws OpenClLoadException if one cannot be loaded; further calls throw the same
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
     * The devices of several platforms, in their order.
     *
     * @param platforms as {@link #platforms()} returns them
     * @return all their devices
     */
    public static List<DeviceInfo> devices(List<PlatformInfo> platforms) {
        return platforms.stream()
                .flatMap(platform -> platform.devices().stream())
                .toList();
    }

    /**
     * Describes a device that the application opened, which may be a sub-device.
     *
     * @param id the device
     * @return its description
     * @throws NoDeviceException if the loader lists neither the device nor its root device
     */
    public static DeviceInfo withId(cl_device_id id) {
        List<DeviceInfo> devices = devices(platforms());
        return withId(devices, id).orElseGet(() -> withId(devices, SubDevices.root(id))
                .map(root -> SubDevices.describe(root, id))
                .orElseThrow(() -> new NoDeviceException("the OpenCL loader shows no device " + id)));
    }

    private static Optional<DeviceInfo> withId(List<DeviceInfo> devices, cl_device_id id) {
        return Stream.concat(devices.stream(), PoclCompanion.all())
                .filter(device -> device.handle().device().equals(id))
                .findFirst();
    }

    private static PlatformInfo platform(PlatformSource source, int index) {
        PlatformInfo bare;
        try {
            bare = source.platform(index);
        } catch (PlatformSource.QueryException e) {
            return new PlatformInfo(index, "platform " + index, "", "", List.of(), e.getMessage());
        }
        List<DeviceInfo> devices = new ArrayList<>();
        List<DeviceInfo> companions = new ArrayList<>();
        String problem = null;
        try {
            int count = source.devices(index);
            for (int d = 0; d < count; d++) {
                try {
                    DeviceInfo device = source.device(index, d);
                    if (PoclCompanion.is(device)) {
                        companions.add(device);
                    } else {
                        devices.add(PoclCompanion.without(companions, device));
                    }
                } catch (PlatformSource.QueryException e) {
                    problem = "device " + index + ":" + d + ": " + e.getMessage();
                }
            }
        } catch (PlatformSource.QueryException e) {
            problem = e.getMessage();
        }
        PoclCompanion.remember(devices, companions);
        return new PlatformInfo(index, bare.name(), bare.vendor(), bare.version(), List.copyOf(devices), problem);
    }
}
