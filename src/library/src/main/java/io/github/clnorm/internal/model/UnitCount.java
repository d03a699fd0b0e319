package io.github.clnorm.internal.model;

import io.github.clnorm.device.DeviceInfo;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many units a GPU has. Drivers report different things as compute units: Intel's counts execution units, AMD's counts
 * work-group processors of RDNA and Mesa's counts its compute units. Thread-safe.
 */
final class UnitCount {

    // SIMD units of a work-group processor; a compute unit of RDNA has two.
    private static final int OF_PROCESSOR = 4;

    private static final Pattern RDNA = Pattern.compile("gfx1\\d\\d\\d");

    private static final Pattern MAJOR = Pattern.compile("(\\d{1,6})\\.");
    private static final Pattern MINOR = Pattern.compile("\\d+\\.(\\d{1,6})");

    private UnitCount() {}

    /** The units of a device; at least 1. */
    static int of(DeviceInfo device) {
        int reported = Math.max(1, device.computeUnits());
        int perUnit =
                switch (Vendor.of(device)) {
                    case INTEL -> executionUnits(device);
                    case AMD -> isRdna(device) && device.parts().simdUnits() != OF_PROCESSOR ? 2 : 1;
                    default -> 1;
                };
        return Math.max(1, reported / perUnit);
    }

    /** Whether an AMD GPU has work-group processors, by the version of its graphics IP or by its name. */
    static boolean isRdna(DeviceInfo device) {
        return major(device.architecture()) >= 10
                || RDNA.matcher(device.name()).lookingAt()
                || device.name().contains("navi");
    }

    /**
     * Execution units that share local memory. The driver's sub-slices are halves of them on Arc: 8 execution units, where an
     * Xe-core has 16. PVC (12.60) and generations before Xe (up to 11) have 8, and so has Xe2 (20 and later).
     */
    private static int executionUnits(DeviceInfo device) {
        int major = major(device.architecture());
        boolean eight = device.architecture().startsWith("12.60") || major > 0 && major < 12 || major >= 20;
        return eight ? 8 : 16;
    }

    /** The number before the first dot; 0 if there is none. */
    static int major(String version) {
        return number(MAJOR, version);
    }

    /** The number after the first dot; 0 if there is none. */
    static int minor(String version) {
        return number(MINOR, version);
    }

    private static int number(Pattern of, String version) {
        Matcher matcher = of.matcher(version);
        return matcher.lookingAt() ? Integer.parseInt(matcher.group(1)) : 0;
    }
}
