package io.github.clnorm;

import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.type.Layout;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Operations whose channels may have running statistics: batch_norm and instance_norm.
 *
 * @param <S> the spec itself
 */
abstract sealed class ChannelStatisticsSpec<S extends ChannelStatisticsSpec<S>> extends NormSpec
        permits BatchNormSpec, InstanceNormSpec {

    private static final long serialVersionUID = 1;

    /**
     * The running statistics. A momentum of NaN is the cumulative average, for which batches are counted; a null array leaves the
     * initial value.
     */
    record Tracking(double momentum, boolean training, boolean tracked, float[] mean, float[] variance, long batches)
            implements Serializable {

        /** From the arguments of a call. */
        static Tracking of(boolean training, double momentum) {
            return new Tracking(Requests.momentum(momentum), training, true, null, null, 0);
        }

        Tracking momentum(double value) {
            return new Tracking(value, training, tracked, mean, variance, batches);
        }

        Tracking training(boolean value) {
            return new Tracking(momentum, value, tracked, mean, variance, batches);
        }

        Tracking tracked(boolean value) {
            return new Tracking(
                    momentum, training, value, value ? mean : null, value ? variance : null, value ? batches : 0);
        }

        Tracking mean(float[] values) {
            return new Tracking(momentum, training, true, values.clone(), variance, batches);
        }

        Tracking variance(float[] values) {
            return new Tracking(momentum, training, true, mean, values.clone(), batches);
        }

        Tracking batches(long value) {
            return new Tracking(momentum, training, true, mean, variance, value);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Tracking that
                    && Double.compare(momentum, that.momentum) == 0
                    && training == that.training
                    && tracked == that.tracked
                    && batches == that.batches
                    && Arrays.equals(mean, that.mean)
                    && Arrays.equals(variance, that.variance);
        }

        @Override
        public int hashCode() {
            return Objects.hash(momentum, training, tracked, batches, Arrays.hashCode(mean), Arrays.hashCode(variance));
        }
    }

    private final long numFeatures;
    private final int dimensions;
    private final Tracking tracking;

    ChannelStatisticsSpec(Kind kind, Common common, long numFeatures, int dimensions, Tracking tracking) {
        super(kind, common);
        this.numFeatures = numFeatures;
        this.dimensions = dimensions;
        this.tracking = tracking;
    }

    /** A copy with other settings. */
    abstract S with(Common common, int spatial, Tracking changed);

    @Override
    final S with(Common changed) {
        return with(changed, dimensions, tracking);
    }

    final S with(Tracking changed) {
        return with(common(), dimensions, changed);
    }

    /**
     * With a fixed number of spatial dimensions, as PyTorch's 1d, 2d and 3d modules. Unless set, inputs have any
     * number.
     *
     * @param value 1, 2 or 3
     * @return the changed copy
     * @throws IllegalArgumentException if it is another number
     */
    public final S dimensions(int value) {
        if (value < 1 || value > 3) {
            throw new IllegalArgumentException("Expected 1, 2 or 3 spatial dimensions, got " + value);
        }
        return with(common(), value, tracking);
    }

    /**
     * With another momentum: new = (1 - momentum) · old + momentum · batch.
     *
     * @param value 0.1 unless set; may be negative or above 1, as in PyTorch
     * @return the changed copy
     * @throws IllegalArgumentException if it is infinite or NaN
     */
    public final S momentum(double value) {
        return with(tracking.momentum(Requests.momentum(value)));
    }

    /**
     * With an average of all batches: PyTorch's {@code momentum=None}.
     *
     * @return the changed copy
     */
    public final S cumulativeAverage() {
        return with(tracking.momentum(Double.NaN));
    }

    /**
     * With or without running statistics.
     *
     * @param value true for BatchNorm and false for InstanceNorm unless set; false drops values that were set
     * @return the changed copy
     */
    @Override
    public final S trackRunningStats(boolean value) {
        return with(tracking.tracked(value));
    }

    /**
     * With a running mean.
     *
     * @param values one for each channel; 0 unless set
     * @return the changed copy, which tracks running statistics
     * @throws IllegalArgumentException if the number of values is wrong
     */
    public final S runningMean(float[] values) {
        checkCount("running_mean", values.length);
        return with(tracking.mean(values));
    }

    /**
     * With a running variance.
     *
     * @param values one for each channel; 1 unless set
     * @return the changed copy, which tracks running statistics
     * @throws IllegalArgumentException if the number of values is wrong
     */
    public final S runningVar(float[] values) {
        checkCount("running_var", values.length);
        return with(tracking.variance(values));
    }

    @Override
    public final S runningStatistics(float[] mean, float[] variance) {
        return runningMean(mean).runningVar(variance);
    }

    @Override
    public final S runningStatistics(TrackedStatistics tracked) {
        Objects.requireNonNull(tracked, "tracked");
        return runningStatistics(floats(tracked.runningMean()), floats(tracked.runningVar()))
                .numBatchesTracked(tracked.numBatchesTracked());
    }

    private static float[] floats(double... values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    /**
     * With a number of batches in the running statistics, which {@link #cumulativeAverage()} needs.
     *
     * @param value 0 unless set
     * @return the changed copy, which tracks running statistics
     * @throws IllegalArgumentException if it is negative or the largest long
     */
    public final S numBatchesTracked(long value) {
        return with(tracking.batches(Requests.batches(value)));
    }

    /**
     * In training or in evaluation.
     *
     * @param value true to normalize by the input's statistics and to update the running ones, the default; false to
     *     normalize by the running ones, if they are tracked
     * @return the changed copy
     */
    public final S training(boolean value) {
        return with(tracking.training(value));
    }

    final long numFeatures() {
        return numFeatures;
    }

    final int dimensions() {
        return dimensions;
    }

    final Tracking tracking() {
        return tracking;
    }

    /** Whether a pass changes the running statistics. */
    final boolean updates() {
        return tracking.training && tracking.tracked;
    }

    /** Whether batches are counted. */
    abstract boolean countsBatches();

    /**
     * The weight of the next batch in the running statistics.
     *
     * @param before batches that are in them
     */
    final double factor(long before) {
        // Without a momentum, the average of all batches; if they are not counted, nothing changes.
        return !Double.isNaN(tracking.momentum) ? tracking.momentum : countsBatches() ? 1.0 / (before + 1) : 0;
    }

    /** Whether the input's own statistics normalize. */
    final boolean ownStatistics() {
        return tracking.training || !tracking.tracked;
    }

    @Override
    final long parameters() {
        return numFeatures;
    }

    @Override
    final List<Object> arguments() {
        return List.of(numFeatures, dimensions, tracking);
    }

    /** The module's text, with its name in PyTorch. */
    final String module(String name) {
        double momentum = tracking.momentum;
        return name + (dimensions == 0 ? "" : dimensions + "d") + "("
                + (numFeatures == ANY ? "any" : numFeatures) + ", eps=" + PythonText.of(common().eps()) + ", momentum="
                + (Double.isNaN(momentum) ? "None" : PythonText.of(momentum)) + ", affine="
                + PythonText.of(common().hasWeight()) + ", track_running_stats=" + PythonText.of(tracking.tracked)
                + ")";
    }

    @Override
    void checkState(Sets sets, Tensor input, ChannelState state) {
        long[] shape = input.sizes();
        Layout layout = layout();
        sets.geometry(shape);
        long channels = shape[layout.channelAxis(shape.length)];
        Checks.ofChannels(input, "running_mean", state.runningMean(), channels, layout);
        Checks.ofChannels(input, "running_var", state.runningVar(), channels, layout);
        super.checkState(sets, input, state);
        if (sets.statistics() == Statistics.GIVEN && (state.runningMean() == null || state.runningVar() == null)) {
            throw new IllegalArgumentException(missing(state));
        }
    }

    /** PyTorch's message for missing running statistics in evaluation. */
    String missing(ChannelState state) {
        return (state.runningMean() == null ? "running_mean" : "running_var") + " must be defined in evaluation mode";
    }
}
