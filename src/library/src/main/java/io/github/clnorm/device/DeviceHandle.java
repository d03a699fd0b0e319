package io.github.clnorm.device;

import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;

/**
 * The OpenCL names of a device, for the layer that calls OpenCL.
 *
 * <p>Immutable and thread-safe.
 *
 * @param platform the platform's id
 * @param device the device's id
 */
public record DeviceHandle(cl_platform_id platform, cl_device_id device) {}
