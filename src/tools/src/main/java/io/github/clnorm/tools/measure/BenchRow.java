package io.github.clnorm.tools.measure;

import java.util.Locale;

/**
 * A pass of a workload on a device.
 *
 * @param workload what was normalized
 * @param direction which pass
 * @param status how it ended
 * @param reason why there are no figures, or what is to be said about them; empty where there is nothing
 * @param figures what was measured; null unless the status is {@link Status#OK}
 */
public record BenchRow(Workload workload, Direction direction, Status status, String reason, Figures figures) {

    /** How it ended. */
    public enum Status {
        /** It was measured. */
        OK,
        /** The device cannot: it has no such type, or no such large buffer. */
        UNSUPPORTED,
        /** There was no time for it. */
        SKIPPED,
        /** The driver failed, or no time was plausible. */
        ERROR;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static BenchRow without(Workload workload, Direction direction, Status status, String reason) {
        return new BenchRow(workload, direction, status, reason, null);
    }
}
