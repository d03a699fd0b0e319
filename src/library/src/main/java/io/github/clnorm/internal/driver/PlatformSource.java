package io.github.clnorm.internal.driver;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.PlatformInfo;

/**
 * Queries platforms and devices. Tests replace it. A call that throws a {@link QueryException} does not affect others.
 */
interface PlatformSource {

    /** The number of platforms that the loader lists. */
    int platforms();

    /** A platform's name, vendor and version, without devices. */
    PlatformInfo platform(int index);

    /** The number of devices of a platform. */
    int devices(int platform);

    /** One device of a platform. */
    DeviceInfo device(int platform, int device);

    /** A query failed. */
    final class QueryException extends RuntimeException {
        QueryException(String message) {
            super(message);
        }
    }
}
