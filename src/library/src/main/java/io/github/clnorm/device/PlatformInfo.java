package io.github.clnorm.device;

import java.util.List;

/**
 * An OpenCL platform, which is one vendor's driver, and its devices.
 *
 * <p>Immutable and thread-safe.
 *
 * @param index its index in the order of the loader
 * @param name its name
 * @param vendor its vendor
 * @param version the versions of OpenCL and of the driver
 * @param devices its devices, without those whose query failed
 * @param problem why devices or attributes are missing, or null
 */
public record PlatformInfo(
        int index, String name, String vendor, String version, List<DeviceInfo> devices, String problem) {}
