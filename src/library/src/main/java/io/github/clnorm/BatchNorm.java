package io.github.clnorm;

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
 */
public final class BatchNorm extends ChannelStatisticsNorm {

    private BatchNorm(Builder builder) {
        super(builder);
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
     * @throws IllegalArgumentException when there are more or fewer
     */
    public static Builder builder(Backend backend, long numFeatures, int dimensions) {
        return new Builder(backend, numFeatures, dimensions);
    }

    @Override
    Pass pass(Tensor input, Options options) {
        int rank = input.sizes().length;
        if (rank != dimensions() + 2 && !(dimensions() == 1 && rank == 2)) {
            throw new IllegalArgumentException("expected " + (dimensions() == 1 ? "2D or 3D" : dimensions() + 2 + "D")
                    + " input (got " + rank + "D input)");
        }
        if (weight() == null && runningMean() == null) {
            // PyTorch does not look at num_features here. Other channels than the layer was made for are a mistake.
            Requests.channels(input, layout(), numFeatures());
        }
        Requests.statisticsType(input, runningMean());
        boolean training = isTraining();
        boolean batchStatistics = training || !tracksRunningStats();
        // Refused inputs must not count as batches.
        double factor = momentum().orElse(1.0 / (numBatchesTracked() + 1));
        return Functional.batchNormPass(
                input, runningMean(), runningVar(), weight(), bias(), batchStatistics, factor, eps(), options);
    }

    @Override
    void enqueued() {
        if (isTraining() && tracksRunningStats()) {
            countBatch();
        }
    }

    @Override
    Gradients gradients(Tensor gradOutput, Tensor input, Saved saved, GradientOptions options) {
        return Functional.batchNormBackward(
                gradOutput, input, runningMean(), runningVar(), weight(), bias(), saved, saved != null, eps(), options);
    }

    /** The settings of a layer. Not thread-safe. */
    public static final class Builder extends ChannelStatisticsNorm.Builder<Builder> {
        private Builder(Backend backend, long numFeatures, int dimensions) {
            super(backend, numFeatures, dimensions, true);
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
            return new BatchNorm(this);
        }
    }
}
