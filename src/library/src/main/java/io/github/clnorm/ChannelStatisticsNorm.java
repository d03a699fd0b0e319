package io.github.clnorm;

import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What {@link BatchNorm} and {@link InstanceNorm} share: running statistics of the channels, and a mode, training at
 * first. Weight, bias and running statistics have the shape {@code (C)}; running means begin as 0, running variances as 1.
 *
 * <p>Thread-safe, see {@link Layer}. A mode applies to the passes that are enqueued after it was set.
 */
public abstract sealed class ChannelStatisticsNorm extends Layer permits BatchNorm, InstanceNorm {

    private final long numFeatures;
    private final int dimensions;
    private final OptionalDouble momentum;
    private final Tensor runningMean;
    private final Tensor runningVar;
    private final boolean affine;
    private volatile boolean training = true;
    private final AtomicLong numBatchesTracked = new AtomicLong();

    ChannelStatisticsNorm(Builder<?> builder) {
        super(builder, builder.affine, builder.affine, builder.numFeatures);
        this.numFeatures = builder.numFeatures;
        this.dimensions = builder.dimensions;
        this.momentum = builder.momentum;
        this.affine = builder.affine;
        this.runningMean = builder.trackRunningStats ? own(builder.statisticsType, 0, numFeatures) : null;
        this.runningVar = builder.trackRunningStats ? own(builder.statisticsType, 1, numFeatures) : null;
    }

    /**
     * The mode.
     *
     * @param value true to normalize by the input's statistics and to learn from them
     */
    public final void train(boolean value) {
        backend().session().exclusively(() -> training = value);
    }

    /** Leaves training: from now on running statistics are used, where they are tracked. */
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
     * @return the layer's own tensor of shape {@code (C)}; null where statistics are not tracked
     */
    public final Tensor runningMean() {
        return runningMean;
    }

    /**
     * The running variance, which is unbiased.
     *
     * @return the layer's own tensor of shape {@code (C)}; null where statistics are not tracked
     */
    public final Tensor runningVar() {
        return runningVar;
    }

    /**
     * How many batches the layer has learned from. As in PyTorch, InstanceNorm does not count.
     *
     * @return the count
     */
    public final long numBatchesTracked() {
        return numBatchesTracked.get();
    }

    /**
     * Sets the count, when a stored state is restored.
     *
     * @param value 0 or more
     * @throws IllegalArgumentException when it is negative
     */
    public final void numBatchesTracked(long value) {
        if (value < 0) {
            throw new IllegalArgumentException("Expected num_batches_tracked of 0 or more, got " + value);
        }
        numBatchesTracked.set(value);
    }

    final void countBatch() {
        numBatchesTracked.incrementAndGet();
    }

    final OptionalDouble momentum() {
        return momentum;
    }

    final long numFeatures() {
        return numFeatures;
    }

    final int dimensions() {
        return dimensions;
    }

    final boolean tracksRunningStats() {
        return runningMean != null;
    }

    /** As PyTorch prints it. */
    @Override
    public final String toString() {
        return getClass().getSimpleName() + dimensions + "d(" + numFeatures + ", eps=" + number(eps()) + ", momentum="
                + (momentum.isPresent() ? number(momentum.getAsDouble()) : "None") + ", affine=" + bool(affine)
                + ", track_running_stats=" + bool(tracksRunningStats()) + ")";
    }

    /**
     * Settings of such a layer. Not thread-safe.
     *
     * @param <S> the layer's own settings
     */
    public abstract static sealed class Builder<S extends Builder<S>> extends Settings<S>
            permits BatchNorm.Builder, InstanceNorm.Builder {
        private final long numFeatures;
        private final int dimensions;
        private OptionalDouble momentum = OptionalDouble.of(0.1);
        private boolean affine;
        private boolean trackRunningStats;
        private ElementType statisticsType = ElementType.FLOAT32;

        Builder(Backend backend, long numFeatures, int dimensions, boolean byDefault) {
            super(backend, 1e-5);
            if (dimensions < 1 || dimensions > 3) {
                throw new IllegalArgumentException("Expected 1, 2 or 3 spatial dimensions, got " + dimensions);
            }
            this.numFeatures = Requests.count("num_features", numFeatures);
            this.dimensions = dimensions;
            this.affine = byDefault;
            this.trackRunningStats = byDefault;
        }

        /**
         * How much a batch counts: new = (1 - momentum) · old + momentum · batch.
         *
         * @param value 0.1 unless set; negative values and those above 1 are accepted, as in PyTorch
         * @return this
         * @throws IllegalArgumentException when it is infinite or NaN
         */
        public final S momentum(double value) {
            momentum = OptionalDouble.of(Requests.momentum(value));
            return self();
        }

        /**
         * Every batch counts alike: PyTorch's {@code momentum=None}.
         *
         * @return this
         */
        public final S cumulativeAverage() {
            momentum = OptionalDouble.empty();
            return self();
        }

        /**
         * Whether the layer has weight and bias.
         *
         * @param value true for BatchNorm and false for InstanceNorm unless set
         * @return this
         */
        public final S affine(boolean value) {
            affine = value;
            return self();
        }

        /**
         * Whether the layer keeps running statistics; without, it always normalizes by the input's.
         *
         * @param value true for BatchNorm and false for InstanceNorm unless set
         * @return this
         */
        public final S trackRunningStats(boolean value) {
            trackRunningStats = value;
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
    }
}
