package io.github.clnorm.tools.measure;

/**
 * The result of measuring a pass of a workload on a device.
 *
 * @param workload what is normalized
 * @param direction which pass
 * @param status how it ended
 * @param reason why there are no figures, or a remark about them; may be empty
 * @param figures the measurements; null unless the status is {@link RowStatus#OK}
 */
public record BenchRow(Workload workload, Direction direction, RowStatus status, String reason, Figures figures) {

    static BenchRow without(Workload workload, Direction direction, RowStatus status, String reason) {
        return new BenchRow(workload, direction, status, reason, null);
    }
}
