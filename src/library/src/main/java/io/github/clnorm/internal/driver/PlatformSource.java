package io.github.clnorm.internal.driver;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.PlatformInfo;

/** Where platforms come from: OpenCL, or a test. Each call may fail by a {@link QueryException} without harm to others. */
interface PlatformSource {

    /** How many platforms the loader shows; 0 where it shows none. */
    int platforms();

    /** A platform's name, vendor and version, without devices. */
    PlatformInfo platform(int index);

    /** How many devices a platform has. */
    int devices(int platform);

    /** One device of a platform. */
    DeviceInfo device(int platform, int device);

    /** A query that OpenCL answered with an error. */
    final class QueryException extends RuntimeException {
        QueryException(String message) {
            super(message);
        }
    }
}
