package io.github.clnorm.tools.bench;

import io.github.clnorm.FleetWeights;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.measure.Workload;

/**
 * A workload on a fleet.
 *
 * @param workload what was normalized, forward
 * @param status whether it was measured
 * @param reason why it was not; empty if it was
 * @param weights what was measured; null if it was not
 */
public record FleetRow(Workload workload, RowStatus status, String reason, FleetWeights weights) {}
