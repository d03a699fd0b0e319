package io.github.clnorm.device;

import java.util.Locale;

/** Where the local memory of a device lies. Immutable and thread-safe. */
public enum LocalMemoryType {
    /** In fast memory of the compute unit. */
    DEDICATED,
    /** In global memory, as on CPUs and on Arm's Mali. */
    GLOBAL,
    /** The driver does not report it, or the device has no local memory. */
    UNKNOWN;

    /**
     * The name in JSON.
     *
     * @return the name in lower case
     */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
