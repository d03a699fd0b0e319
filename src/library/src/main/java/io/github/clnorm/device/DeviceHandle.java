package io.github.clnorm.device;

import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;

/**
 * OpenCL's ids of a device.
 *
 * <p>Immutable and thread-safe.
 *
 * @param platform the platform's id
 * @param device the device's id
 */
public record DeviceHandle(cl_platform_id platform, cl_device_id device) {}
