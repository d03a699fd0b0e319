package io.github.clnorm.device;

import java.util.Locale;

/** What kind of device it is, best first. Immutable and thread-safe. */
public enum DeviceType {
    /** A graphics processor. */
    GPU,
    /** A dedicated accelerator, such as an FPGA card. */
    ACCELERATOR,
    /** The host's processor. */
    CPU,
    /** A device that a driver offers for its own purposes. */
    CUSTOM;

    /**
     * The word a selector uses.
     *
     * @return the name in lower case
     */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
