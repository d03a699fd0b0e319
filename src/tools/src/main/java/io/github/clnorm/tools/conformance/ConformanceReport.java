package io.github.clnorm.tools.conformance;

import io.github.clnorm.device.DeviceInfo;
import java.util.List;

/**
 * How a device did.
 *
 * @param device the device
 * @param rows the table
 * @param failures every case that failed, in the order of the table
 */
public record ConformanceReport(DeviceInfo device, List<ConformanceRow> rows, List<Failure> failures) {

    /**
     * Whether the device computes what it should.
     *
     * @return true when no case failed
     */
    public boolean passed() {
        return failures.isEmpty();
    }

    /**
     * Cases that were run.
     *
     * @return their number
     */
    public int cases() {
        return rows.stream().mapToInt(ConformanceRow::cases).sum();
    }
}
