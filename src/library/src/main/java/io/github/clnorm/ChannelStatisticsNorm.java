package io.github.clnorm;

import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The common part of {@link BatchNorm}, {@link SyncBatchNorm} and {@link InstanceNorm}: running statistics of the channels, and a mode, which
 * is training at first. Weight, bias and running statistics have the shape {@code (C)}. Running means are 0 at first,
 * running variances 1.
 *
 * <p>Thread-safe, see {@link Layer}. A mode applies to the passes that are enqueued after it was set.
 *
 * @serial exclude
 */
public abstract sealed class ChannelStatisticsNorm extends Layer permits BatchNorm, InstanceNorm, SyncBatchNorm {

    private final Tensor runningMean;
    private final Tensor runningVar;
    private volatile boolean training;
    private final AtomicLong numBatchesTracked = new AtomicLong();

    ChannelStatisticsNorm(
            Backend backend, ChannelStatisticsSpec<?> spec, ElementType parameterType, ElementType statisticsType) {
        super(backend, spec, parameterType);
        ChannelStatisticsSpec.Tracking tracking = spec.tracking();
        if (tracking.tracked()) {
            Requests.available(backend, "statisticsType", statisticsType);
        }
        long channels = spec.numFeatures();
        this.runningMean = tracking.tracked() ? tensors().own(statisticsType, 0, tracking.mean(), channels) : null;
        this.runningVar = tracking.tracked() ? tensors().own(statisticsType, 1, tracking.variance(), channels) : null;
        this.training = tracking.training();
        this.numBatchesTracked.set(tracking.batches());
    }

    @Override
    final ChannelState channelState() {
        return new ChannelState(weight(), bias(), runningMean, runningVar);
    }

    /**
     * The mode.
     *
     * @param value true to normalize by the input's statistics and to update the running ones; false for evaluation
     */
    public final void train(boolean value) {
        backend().session().exclusively(() -> training = value);
    }

    /** Switches to evaluation: running statistics normalize, if they are tracked. */
    public final void eval() {
        train(false);
    }

    /**
     * The mode.
     *
     * @return true at first
     */
    public final boolean isTraining() {
        return training;
    }

    /**
     * The running mean.
     *
     * @return the layer's own tensor of shape {@code (C)}; null if statistics are not tracked
     */
    public final Tensor runningMean() {
        return runningMean;
    }

    /**
     * The running variance, which is unbiased.
     *
     * @return the layer's own tensor of shape {@code (C)}; null if statistics are not tracked
     */
    public final Tensor runningVar() {
        return runningVar;
    }

    /**
     * The number of batches in the running statistics. As in PyTorch, InstanceNorm does not count batches.
     *
     * @return the count
     */
    public final long numBatchesTracked() {
        return numBatchesTracked.get();
    }

    /**
     * Sets the number of batches, to restore a stored state.
     *
     * @param value 0 or more
     * @throws IllegalArgumentException when it is negative or the largest long
     */
    public final void numBatchesTracked(long value) {
        numBatchesTracked.set(Requests.batches(value));
    }

    final void countBatch() {
        numBatchesTracked.incrementAndGet();
    }

    final boolean tracksRunningStats() {
        return runningMean != null;
    }

    /**
     * The settings of a layer. Not thread-safe.
     *
     * @param <S> the layer's own settings
     */
    public abstract static sealed class Builder<S extends Builder<S>> extends Settings<S>
            permits BatchNorm.Builder, InstanceNorm.Builder, SyncBatchNorm.Builder {
        private final long numFeatures;
        private final int dimensions;
        private ChannelStatisticsSpec.Tracking tracking;
        private ElementType statisticsType = ElementType.FLOAT32;

        Builder(Backend backend, ChannelStatisticsSpec<?> defaults) {
            super(backend, defaults.common());
            this.numFeatures = defaults.numFeatures();
            this.dimensions = defaults.dimensions();
            this.tracking = defaults.tracking();
        }

        /**
         * The weight of a batch: new = (1 - momentum) · old + momentum · batch.
         *
         * @param value 0.1 unless set; may be negative or above 1, as in PyTorch
         * @return this
         * @throws IllegalArgumentException when it is infinite or NaN
         */
        public final S momentum(double value) {
            tracking = tracking.momentum(Requests.momentum(value));
            return self();
        }

        /**
         * Gives every batch the same weight: PyTorch's {@code momentum=None}.
         *
         * @return this
         */
        public final S cumulativeAverage() {
            tracking = tracking.momentum(Double.NaN);
            return self();
        }

        /**
         * Whether the layer has weight and bias.
         *
         * @param value true for BatchNorm and false for InstanceNorm unless set
         * @return this
         */
        public final S affine(boolean value) {
            return setParameters(value, value);
        }

        /**
         * Whether the layer keeps running statistics. Without them it always normalizes by the input's.
         *
         * @param value true for BatchNorm and false for InstanceNorm unless set
         * @return this
         */
        public final S trackRunningStats(boolean value) {
            tracking = tracking.tracked(value);
            return self();
        }

        /**
         * The type of running statistics: float64 for a layer of float64 inputs.
         *
         * @param value float32 unless set
         * @return this
         * @throws IllegalArgumentException when the device does not compute it
         */
        public final S statisticsType(ElementType value) {
            Requests.available(backend, "statisticsType", Objects.requireNonNull(value, "statisticsType"));
            statisticsType = value;
            return self();
        }

        /**
         * Where the channels of input and output are.
         *
         * @param value channels first unless set
         * @return this
         */
        public final S layout(Layout value) {
            return setLayout(value);
        }

        final ElementType statisticsType() {
            return statisticsType;
        }

        final <T extends ChannelStatisticsSpec<T>> T settings(T defaults) {
            return defaults.with(common(), dimensions, tracking);
        }

        final long numFeatures() {
            return numFeatures;
        }
    }
}
