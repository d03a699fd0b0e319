package io.github.clnorm.internal.model;

import io.github.clnorm.device.DeviceInfo;
import java.util.Locale;

/** Who made a GPU. Drivers of Mesa name the vendor too. */
public enum Vendor {
    NVIDIA("nvidia"),
    AMD("advanced micro devices", "amd"),
    INTEL("intel"),
    APPLE("apple"),
    ARM("arm"),
    QUALCOMM("qualcomm"),
    OTHER;

    private final String[] names;

    Vendor(String... names) {
        this.names = names;
    }

    /**
     * The vendor of a device.
     *
     * @param device as its driver describes it
     * @return by the name of its vendor, in any case of letters; {@link #OTHER} if it is none of these
     */
    public static Vendor of(DeviceInfo device) {
        String vendor = device.vendor().toLowerCase(Locale.ROOT);
        for (Vendor candidate : values()) {
            for (String name : candidate.names) {
                if (vendor.startsWith(name)) {
                    return candidate;
                }
            }
        }
        return OTHER;
    }
}
