package io.github.clnorm.tools.comparison;

import io.github.clnorm.internal.timing.Spread;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How fast and how exact a pass was, as a document says it.
 *
 * @param time of the whole pass
 * @param deviceMicroseconds the device's own time; empty where it could not be believed
 * @param gigabytesPerSecond the least reads and writes of the tensor over the median time
 * @param share that rate over the best copy's
 * @param error the largest difference from float64; empty where it was not compared
 * @param plan how it ran
 * @param launches of kernels
 * @param workspaceBytes device memory beside the tensors
 * @param copy the best copy of a tensor of that size
 * @param copyGigabytesPerSecond what the copy reads and writes over its median time
 * @param tuning what tuning gained; empty where the document does not say
 */
public record SavedFigures(
        Spread time,
        OptionalDouble deviceMicroseconds,
        double gigabytesPerSecond,
        double share,
        OptionalDouble error,
        String plan,
        long launches,
        long workspaceBytes,
        Spread copy,
        double copyGigabytesPerSecond,
        Optional<TuningGain> tuning) {

    /**
     * A pass next to the same by the heuristics' plan, measured in the same rounds.
     *
     * @param heuristic its time by the heuristics' plan; that of the pass itself where it is the plan that ran
     * @param plan the heuristics'
     * @param gain how many times as fast as by the heuristics' plan
     */
    public record TuningGain(Spread heuristic, String plan, double gain) {}
}
