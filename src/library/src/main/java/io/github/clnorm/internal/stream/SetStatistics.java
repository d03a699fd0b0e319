package io.github.clnorm.internal.stream;

import io.github.clnorm.type.ElementType;

/**
 * The statistics of all sets of a tensor on the host, one real for each.
 *
 * @param mean as high/low pair, with meanLo; zeros for a normalization without a mean
 * @param meanLo what the mean lost by rounding
 * @param variance biased; as {@code rstd} 0 until the sets are known
 * @param rstd 1 / sqrt(variance + eps)
 */
public record SetStatistics(HostValues mean, HostValues meanLo, HostValues variance, HostValues rstd) {

    /**
     * Statistics that are not known yet.
     *
     * @param real float32 or float64
     * @param sets their number
     * @return zeros
     */
    public static SetStatistics of(ElementType real, long sets) {
        return new SetStatistics(
                HostValues.of(real, sets),
                HostValues.of(real, sets),
                HostValues.of(real, sets),
                HostValues.of(real, sets));
    }
}
