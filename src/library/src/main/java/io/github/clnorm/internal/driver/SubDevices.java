package io.github.clnorm.internal.driver;

import static io.github.clnorm.internal.driver.JoclCalls.code;
import static org.jocl.CL.CL_DEVICE_PARENT_DEVICE;
import static org.jocl.CL.CL_SUCCESS;
import static org.jocl.CL.clGetDeviceInfo;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.NoDeviceException;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_device_id;

/**
 * Describes sub-devices, which an application creates by {@code clCreateSubDevices} and no platform lists. Thread-safe.
 */
final class SubDevices {

    // Each level at least halves a device.
    private static final int MAX_LEVELS = 32;
    private static final cl_device_id NONE = new cl_device_id();

    private SubDevices() {}

    /** Returns the root device of a sub-device; for a root device, itself. */
    static cl_device_id root(cl_device_id id) {
        cl_device_id root = id;
        for (int level = 0; level < MAX_LEVELS; level++) {
            cl_device_id device = root;
            cl_device_id parent = new cl_device_id();
            int code = code(() ->
                    clGetDeviceInfo(device, CL_DEVICE_PARENT_DEVICE, Sizeof.cl_device_id, Pointer.to(parent), null));
            if (code != CL_SUCCESS || parent.equals(NONE)) {
                break;
            }
            root = parent;
        }
        return root;
    }

    /** Queries the attributes of a sub-device. */
    static DeviceInfo describe(DeviceInfo root, cl_device_id part) {
        try {
            return JoclPlatformSource.describe(
                    root.platformIndex(),
                    root.deviceIndex(),
                    root.platform(),
                    root.handle().platform(),
                    part);
        } catch (PlatformSource.QueryException e) {
            throw new NoDeviceException("a part of " + root.description() + " fails to answer: " + e.getMessage(), e);
        }
    }
}
