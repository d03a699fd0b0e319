package io.github.clnorm;

import io.github.clnorm.type.ElementType;

/**
 * Batch normalization as a layer, with the parameters and defaults of <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html">torch.nn.BatchNorm1d, 2d and 3d</a>.
 *
 * <p>Source: Ioffe and Szegedy, <a href="https://arxiv.org/abs/1502.03167">Batch Normalization</a>, ICML 2015. Input:
 * {@code (N, C)} or {@code (N, C, L)} in one dimension, {@code (N, C, H, W)} in two, {@code (N, C, D, H, W)} in three;
 * the channels last with that layout.
 *
 * <p>In training the batch's statistics normalize, with the biased variance, and update the running ones, with the
 * unbiased variance. In evaluation the running ones normalize, or the batch's where none are tracked.
 *
 * <p>Thread-safe, see {@link Layer}.
 *
 * @serial exclude
 */
public final class BatchNorm extends ChannelStatisticsNorm {

    BatchNorm(Backend backend, BatchNormSpec spec, ElementType parameterType, ElementType statisticsType) {
        super(backend, spec, parameterType, statisticsType);
    }

    /**
     * A layer for inputs without or with one spatial dimension, with PyTorch's defaults.
     *
     * @param backend where it works
     * @param numFeatures C
     * @return the layer
     */
    public static BatchNorm of1d(Backend backend, long numFeatures) {
        return builder(backend, numFeatures, 1).build();
    }

    /**
     * A layer for inputs with two spatial dimensions, with PyTorch's defaults.
     *
     * @param backend where it works
     * @param numFeatures C
     * @return the layer
     */
    public static BatchNorm of2d(Backend backend, long numFeatures) {
        return builder(backend, numFeatures, 2).build();
    }

    /**
     * A layer for inputs with three spatial dimensions, with PyTorch's defaults.
     *
     * @param backend where it works
     * @param numFeatures C
     * @return the layer
     */
    public static BatchNorm of3d(Backend backend, long numFeatures) {
        return builder(backend, numFeatures, 3).build();
    }

    /**
     * A layer with other settings.
     *
     * @param backend where it works
     * @param numFeatures C
     * @param dimensions spatial dimensions: 1, 2 or 3
     * @return a builder
     * @throws IllegalArgumentException if it is another number
     */
    public static Builder builder(Backend backend, long numFeatures, int dimensions) {
        return new Builder(backend, numFeatures, dimensions);
    }

    @Override
    Pass pass(Tensor input, Options options) {
        BatchNormSpec spec = spec();
        spec.checkInput(channelState(), input.sizes());
        Requests.statisticsType(input, runningMean());
        // A rejected input must not count as a batch.
        return ofStatistics(isTraining(), spec.factor(numBatchesTracked())).pass(input, channelState(), options);
    }

    private BatchNormSpec ofStatistics(boolean own, double momentum) {
        return spec().with(spec().tracking().training(own).momentum(momentum));
    }

    @Override
    void enqueued() {
        if (isTraining() && tracksRunningStats()) {
            countBatch();
        }
    }

    @Override
    Gradients gradients(Tensor gradOutput, Tensor input, Saved saved, GradientOptions options) {
        return ofStatistics(saved != null, 0).gradients(gradOutput, input, channelState(), saved, options);
    }

    @Override
    BatchNormSpec spec() {
        return (BatchNormSpec) super.spec();
    }

    /** The settings of a layer. Not thread-safe. */
    public static final class Builder extends ChannelStatisticsNorm.Builder<Builder> {
        private Builder(Backend backend, long numFeatures, int dimensions) {
            super(backend, NormSpec.batchNorm(numFeatures).dimensions(dimensions));
        }

        @Override
        Builder self() {
            return this;
        }

        /**
         * Makes the layer.
         *
         * @return the layer
         */
        public BatchNorm build() {
            return new BatchNorm(
                    backend, settings(NormSpec.batchNorm(numFeatures())), parameterType(), statisticsType());
        }
    }
}
