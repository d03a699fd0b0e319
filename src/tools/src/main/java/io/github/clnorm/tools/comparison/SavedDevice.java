package io.github.clnorm.tools.comparison;

import io.github.clnorm.internal.timing.Spread;
import java.util.Map;
import java.util.Optional;

/**
 * A device with what it was measured at.
 *
 * @param name such as {@code NVIDIA H200}
 * @param platform such as {@code NVIDIA CUDA}
 * @param driver its version
 * @param facts everything that the document says of the device, by the document's own names
 * @param emptyLaunch what a launch costs that does nothing; empty where it was not measured
 * @param problem why it could not go on; empty where it could
 * @param rows by pass, in the order in which they were measured
 */
public record SavedDevice(
        String name,
        String platform,
        String driver,
        Map<String, String> facts,
        Optional<Spread> emptyLaunch,
        String problem,
        Map<MeasuredPass, SavedRow> rows) {

    /**
     * Whether it is the same device under the same platform, with any driver.
     *
     * @param other a device, of another run
     * @return whether their names and their platforms' are equal
     */
    public boolean isSameAs(SavedDevice other) {
        return name.equals(other.name) && platform.equals(other.platform);
    }

    /**
     * Whether it was measured at anything.
     *
     * @return false where it could not be opened, or no row has figures
     */
    public boolean isMeasured() {
        return rows.values().stream().anyMatch(SavedRow::isMeasured);
    }

    /**
     * The name without trade marks and what drivers put around it.
     *
     * @return 40 characters at most
     */
    public String shortName() {
        return Labels.shortened(name);
    }

    /**
     * The whole name.
     *
     * @return name, platform and driver
     */
    public String description() {
        return name + " (" + platform + ", driver " + driver + ")";
    }
}
