package io.github.clnorm.tools.measure;


/**
 * A pass of a workload on a device.
 *
 * @param workload what was normalized
 * @param direction which pass
 * @param status how it ended
 * @param reason why there are no figures, or what is to be said about them; empty where there is nothing
 * @param figures what was measured; null unless the status is {@link RowStatus#OK}
 */
public record BenchRow(Workload workload, Direction direction, RowStatus status, String reason, Figures figures) {

    static BenchRow without(Workload workload, Direction direction, RowStatus status, String reason) {
        return new BenchRow(workload, direction, status, reason, null);
    }
}
