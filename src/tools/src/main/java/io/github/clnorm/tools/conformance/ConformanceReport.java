package io.github.clnorm.tools.conformance;

import io.github.clnorm.device.DeviceInfo;
import java.util.List;

/**
 * The conformance of a device.
 *
 * @param device the device
 * @param rows the table
 * @param failures all failed cases, in the order of the table
 */
public record ConformanceReport(DeviceInfo device, List<ConformanceRow> rows, List<Failure> failures) {

    /**
     * Whether the device passed.
     *
     * @return true if no case failed
     */
    public boolean passed() {
        return failures.isEmpty();
    }

    /**
     * The number of cases that ran.
     *
     * @return their number
     */
    public int cases() {
        return rows.stream().mapToInt(ConformanceRow::cases).sum();
    }
}
