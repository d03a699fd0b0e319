package io.github.clnorm;

import io.github.clnorm.internal.geometry.Shapes;

/** Running statistics of batch_norm from the moments of its channels. Thread-safe. */
final class RunningMoments {

    private RunningMoments() {}

    /** A spec with the moments as running statistics. */
    static BatchNormSpec replaced(BatchNormSpec spec, ChannelMoments moments) {
        return mixed(spec, 0, 1, moments);
    }

    /** A spec after a training step. */
    static BatchNormSpec updated(BatchNormSpec spec, ChannelMoments batch) {
        double momentum = spec.tracking().momentum();
        if (Double.isNaN(momentum)) {
            throw new IllegalArgumentException("Expected a momentum to update the running statistics of " + spec
                    + ", whose cumulative average needs the number of batches before: set momentum 1 / (batches + 1)");
        }
        return mixed(spec, 1 - momentum, momentum, batch);
    }

    /** The old statistics times `keep`, and those of the batch times `factor`. */
    private static BatchNormSpec mixed(BatchNormSpec spec, double keep, double factor, ChannelMoments moments) {
        // Before the count: moments of another number of channels are another layer's.
        spec.checkCount("running_mean", moments.channels());
        long count = moments.count();
        if (count < 2) {
            throw new IllegalArgumentException("Expected more than 1 value per channel for running statistics, got "
                    + Shapes.count(count, "value"));
        }
        double[] means = moments.mean();
        double[] variances = moments.variance();
        float[] mean = new float[means.length];
        float[] variance = new float[means.length];
        ChannelStatisticsSpec.Tracking old = spec.tracking();
        requireAsMany(old.mean(), mean.length);
        requireAsMany(old.variance(), mean.length);
        for (int channel = 0; channel < mean.length; channel++) {
            double oldMean = old.mean() == null ? 0 : old.mean()[channel];
            double oldVariance = old.variance() == null ? 1 : old.variance()[channel];
            mean[channel] = (float) mixed(keep, oldMean, factor, means[channel]);
            variance[channel] = (float) mixed(keep, oldVariance, factor, variances[channel] * count / (count - 1));
            if (!Float.isFinite(mean[channel]) || !Float.isFinite(variance[channel])) {
                throw new IllegalArgumentException("Expected finite float32 running statistics, but channel " + channel
                        + " has the mean " + means[channel] + " and the variance " + variances[channel]
                        + ": its elements are too large, or one is NaN or infinite");
            }
        }
        return spec.runningMean(mean).runningVar(variance);
    }

    /** A spec for any number of channels may have running statistics of another number. */
    private static void requireAsMany(float[] old, int channels) {
        if (old != null && old.length != channels) {
            throw new IllegalArgumentException("Expected moments of " + Shapes.count(old.length, "channel")
                    + ", as the running statistics have, but got " + channels);
        }
    }

    /** An old value that is not kept has no influence, also if it is not finite. */
    private static double mixed(double keep, double old, double factor, double batch) {
        return keep == 0 ? factor * batch : keep * old + factor * batch;
    }
}
