package io.github.clnorm.spark;

import io.github.clnorm.BatchNormSpec;
import io.github.clnorm.ChannelMoments;
import io.github.clnorm.NormSpec;
import io.github.clnorm.type.Layout;

/**
 * The statistics of the channels of a data set, from exact sums: the same bits for each number of partitions, each order of
 * the rows and each repeated task, on devices of the same kind.
 *
 * <pre>{@code
 * ChannelStatistics statistics = ClnormSpark.channelStatistics(train, "x", 64);
 * NormSpec spec = statistics.batchNorm();
 * NormalizedRows result = ClnormSpark.normalize(test, spec).input("x").shape(64, 32, 32).output("y").normalized();
 * }</pre>
 *
 * <p>Immutable and thread-safe.
 */
public final class ChannelStatistics {

    private final ChannelMoments moments;
    private final NormalizationReport report;
    private final Layout layout;

    ChannelStatistics(ChannelMoments moments, NormalizationReport report, Layout layout) {
        this.moments = moments;
        this.report = report;
        this.layout = layout;
    }

    /**
     * The exact sums, to be added to those of other data sets.
     *
     * @return the moments
     */
    public ChannelMoments moments() {
        return moments;
    }

    /**
     * The number of elements of each channel.
     *
     * @return samples times positions; 0 if there are no samples
     */
    public long count() {
        return moments.count();
    }

    /**
     * The mean of each channel.
     *
     * @return C values; NaN for a channel with a NaN or with both infinities, and if there are no samples
     */
    public double[] mean() {
        return moments.mean();
    }

    /**
     * The biased variance of each channel, divided by the count.
     *
     * @return C values; NaN where an element is not finite, and if there are no samples
     */
    public double[] variance() {
        return moments.variance();
    }

    /**
     * The unbiased variance of each channel, divided by the count - 1: what PyTorch's running_var has.
     *
     * @return C values; NaN where an element is not finite, and if a channel has fewer than 2 elements
     */
    public double[] unbiasedVariance() {
        double[] variance = moments.variance();
        double count = moments.count();
        for (int channel = 0; channel < variance.length; channel++) {
            variance[channel] = count < 2 ? Double.NaN : variance[channel] * count / (count - 1);
        }
        return variance;
    }

    /**
     * What was computed, and by which devices.
     *
     * @return samples of each device, rows that were left out, bytes and times
     */
    public NormalizationReport report() {
        return report;
    }

    /**
     * batch_norm in evaluation, by these statistics: the spec of the second pass over the data, with PyTorch's eps of 1e-5
     * and without weight and bias. The running variance is the unbiased one, as in PyTorch.
     *
     * @return the spec, in the layout of the samples
     * @throws IllegalArgumentException if a channel has fewer than 2 elements, or statistics that are not finite in
     *     float32: the message names the channel
     */
    public NormSpec batchNorm() {
        return NormSpec.batchNorm(moments.channels())
                .runningStatistics(moments)
                .training(false)
                .layout(layout);
    }

    /**
     * batch_norm in evaluation after one more training step, whose batch is this data set: new = (1 - momentum) · old +
     * momentum · statistics.
     *
     * @param old has the momentum, the running statistics before, weight and bias
     * @return the changed copy of the spec, in evaluation mode and in the layout of the samples
     * @throws IllegalArgumentException if its number of channels is another, if it has a cumulative average in place of a
     *     momentum, or as {@link #batchNorm()}
     */
    public NormSpec batchNorm(BatchNormSpec old) {
        return old.updated(moments).training(false).layout(layout);
    }

    /** The numbers of channels and elements. */
    @Override
    public String toString() {
        return "ChannelStatistics of " + moments;
    }
}
