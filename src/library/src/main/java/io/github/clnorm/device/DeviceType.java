package io.github.clnorm.device;

import java.util.Locale;

/** The kind of a device, best first. Immutable and thread-safe. */
public enum DeviceType {
    /** A graphics processor. */
    GPU,
    /** A dedicated accelerator, such as an FPGA card. */
    ACCELERATOR,
    /** The host's processor. */
    CPU,
    /** A device for a vendor's own purpose. */
    CUSTOM;

    /**
     * Returns the word that selects it.
     *
     * @return the name in lower case
     */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
