package io.github.clnorm.tools.comparison;

import io.github.clnorm.internal.timing.Spread;
import java.util.Map;
import java.util.Optional;

/**
 * A device of a saved run.
 *
 * @param name such as {@code NVIDIA H200}
 * @param platform such as {@code NVIDIA CUDA}
 * @param driver its version
 * @param facts everything that the document says about the device, by the document's names
 * @param emptyLaunch the time of an empty launch; empty if it was not measured
 * @param problem why measuring ended early; empty if it did not
 * @param rows by pass, in the order of measuring
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
     * Whether any row has figures.
     *
     * @return false if it could not be opened, or no row has figures
     */
    public boolean isMeasured() {
        return rows.values().stream().anyMatch(SavedRow::isMeasured);
    }

    /**
     * The name without trademark signs and without the text that drivers put around it.
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
