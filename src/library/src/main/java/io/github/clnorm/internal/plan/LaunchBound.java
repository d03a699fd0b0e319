package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;

/** How much work one launch may have. Thread-safe. */
public final class LaunchBound {

    // An integrated GPU normalizes about 1e9 elements per second at most, so this number takes a quarter of a second.
    // Display watchdogs kill a launch after two seconds.
    private static final long ELEMENTS = 1L << 28;
    // A slow device takes up to about this many cycles of a compute unit for an element (llvmpipe, measured). With it a
    // launch stays below about 100 ms.
    private static final long SLOWEST_CYCLES_PER_ELEMENT = 128;
    private static final long LAUNCH_MILLISECONDS = 100;
    private static final long LEAST_ELEMENTS = 1L << 18;

    private LaunchBound() {}

    /**
     * Elements that one launch may work on.
     *
     * @param device the device
     * @return a bound that keeps a launch below the limit of watchdogs. On a slow device, a bound that keeps it below about
     *     100 ms, from its compute units and clock
     */
    public static long elements(DeviceInfo device) {
        if (!Quirks.isSlow(device)) {
            return ELEMENTS;
        }
        long clock = device.clockMHz() > 0 ? device.clockMHz() : 1000;
        long cycles = Math.max(1, device.computeUnits()) * clock * 1000 * LAUNCH_MILLISECONDS;
        return Math.max(LEAST_ELEMENTS, cycles / SLOWEST_CYCLES_PER_ELEMENT);
    }
}
