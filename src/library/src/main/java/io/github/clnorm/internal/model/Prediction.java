package io.github.clnorm.internal.model;

import java.util.List;

/**
 * The predicted time of a pass.
 *
 * <p>Immutable and thread-safe.
 *
 * @param launches the launches, in order
 * @param micros predicted microseconds, with the time between launches
 * @param copyMicros predicted microseconds of a plain copy that moves the pass's minimum of bytes
 * @param tensorBytes size of one tensor
 */
public record Prediction(List<LaunchEstimate> launches, double micros, double copyMicros, double tensorBytes) {

    /**
     * Whether a unit holds a work-group of each launch. A compiler fits others in by spilling registers.
     *
     * @return false if one needs too many registers
     */
    public boolean fits() {
        return launches.stream().allMatch(launch -> launch.occupancy().perUnit() > 0);
    }

    /**
     * The predicted share of the copy's rate.
     *
     * @return 1 if the pass moves its minimum bytes as fast as the copy
     */
    public double share() {
        return copyMicros / micros;
    }

    /**
     * How often tensors go through memory.
     *
     * @return bytes of memory divided by the size of a tensor
     */
    public double transits() {
        return launches.stream().mapToDouble(LaunchEstimate::memoryBytes).sum() / tensorBytes;
    }

    /**
     * How often tensors come from the last level of cache.
     *
     * @return bytes of the cache divided by the size of a tensor
     */
    public double cacheTransits() {
        return launches.stream().mapToDouble(LaunchEstimate::cacheBytes).sum() / tensorBytes;
    }

    /**
     * The launch that takes the longest.
     *
     * @return its estimate
     */
    public LaunchEstimate longest() {
        LaunchEstimate longest = launches.get(0);
        for (LaunchEstimate launch : launches) {
            longest = launch.micros() > longest.micros() ? launch : longest;
        }
        return longest;
    }
}
