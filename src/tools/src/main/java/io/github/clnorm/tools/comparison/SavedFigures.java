package io.github.clnorm.tools.comparison;

import io.github.clnorm.internal.timing.Spread;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Speed and error of a pass in a saved run.
 *
 * @param time of the whole pass
 * @param deviceMicroseconds the device's own time; empty if it was not plausible
 * @param gigabytesPerSecond the minimum reads and writes of the tensor divided by the median time
 * @param share that rate divided by the best copy's
 * @param error the largest difference from float64; empty if it was not compared
 * @param plan the plan that ran
 * @param launches number of kernel launches
 * @param workspaceBytes device memory besides the tensors
 * @param copy the best copy of a tensor of that size
 * @param copyGigabytesPerSecond the copy's reads and writes divided by its median time
 * @param tuning what tuning gained; empty if the document does not say
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
     * The same pass by the heuristics' plan, measured in the same rounds.
     *
     * @param heuristic its time by the heuristics' plan; the pass's own time if that plan ran
     * @param plan the heuristics' plan
     * @param gain the heuristics' time divided by the pass's
     */
    public record TuningGain(Spread heuristic, String plan, double gain) {}
}
