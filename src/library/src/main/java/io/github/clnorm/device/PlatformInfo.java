package io.github.clnorm.device;

import java.util.List;

/**
 * An OpenCL platform, that is one vendor's driver, and its devices.
 *
 * <p>Immutable and thread-safe.
 *
 * @param index its index in the order of the loader
 * @param name its name
 * @param vendor its vendor
 * @param version the OpenCL version and the driver's
 * @param devices what it offers; devices that failed to describe themselves are left out
 * @param problem why something of it is missing, or null
 */
public record PlatformInfo(
        int index, String name, String vendor, String version, List<DeviceInfo> devices, String problem) {}
