package io.github.clnorm;

import io.github.clnorm.internal.geometry.ChannelSets;
import io.github.clnorm.internal.geometry.Channels;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;

/**
 * Batch normalization: a set is a channel of the whole batch, or in evaluation the channel's running statistics
 * normalize.
 *
 * <p>Source: Ioffe and Szegedy, <a href="https://arxiv.org/abs/1502.03167">Batch Normalization</a>, ICML 2015. Messages
 * are those of <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.functional.batch_norm.html">torch.nn.functional.batch_norm</a>.
 *
 * <p>Immutable, thread-safe and serializable.
 */
public final class BatchNormSpec extends ChannelStatisticsSpec<BatchNormSpec> {

    private static final long serialVersionUID = 1;

    BatchNormSpec(Common common, long numFeatures, int dimensions, Tracking tracking) {
        super(Kind.BATCH_NORM, common, numFeatures, dimensions, tracking);
    }

    static BatchNormSpec of(Arguments arguments) {
        return new BatchNormSpec(
                Common.DEFAULTS.layout(arguments.layout()),
                ANY,
                0,
                Tracking.of(arguments.training(), arguments.momentum()));
    }

    static BatchNormSpec of(long numFeatures) {
        return new BatchNormSpec(
                Common.DEFAULTS, Requests.count("num_features", numFeatures), 0, Tracking.of(true, 0.1));
    }

    @Override
    BatchNormSpec with(Common common, int spatial, Tracking changed) {
        return new BatchNormSpec(common, numFeatures(), spatial, changed);
    }

    @Override
    String module() {
        return module("BatchNorm");
    }

    @Override
    boolean countsBatches() {
        return true;
    }

    @Override
    void checkInput(ChannelState state, long... shape) {
        int rank = shape.length;
        int spatial = dimensions();
        if (spatial != 0 && rank != spatial + 2 && !(spatial == 1 && rank == 2)) {
            throw new IllegalArgumentException(
                    "expected " + (spatial == 1 ? "2D or 3D" : spatial + 2 + "D") + " input (got " + rank + "D input)");
        }
        if (state.weight() == null && state.runningMean() == null) {
            // PyTorch ignores num_features here. An input with another number of channels is a mistake.
            Requests.channels(shape, layout(), numFeatures());
        }
    }

    @Override
    Pass learning(Pass pass, ChannelState state, long... shape) {
        return pass.update(state.runningMean(), state.runningVar(), tracking().momentum(), 1);
    }

    @Override
    Layer layer(Backend backend, ElementType real) {
        return new BatchNorm(backend, this, real, real);
    }

    @Override
    Layer layer(Backend backend, ElementType real, StatisticsExchange exchange) {
        return new SyncBatchNorm(backend, this, real, exchange);
    }

    /**
     * With the statistics of a data set as running statistics: its mean, and its unbiased variance, as PyTorch's
     * BatchNorm has them after one batch of all elements with momentum 1. Each is rounded to float32. With {@link
     * #training training(false)} the layer normalizes by them.
     *
     * @param moments of the data set
     * @return the changed copy, which tracks running statistics
     * @throws IllegalArgumentException if the number of channels is wrong, if a channel has fewer than 2 elements, or if
     *     a mean or variance is not a finite float32: the message names the channel
     */
    public BatchNormSpec runningStatistics(ChannelMoments moments) {
        return RunningMoments.replaced(this, moments);
    }

    /**
     * With the running statistics that a layer of this spec has after a training step on a batch: new = (1 - momentum) ·
     * old + momentum · batch, with the unbiased variance of the batch. An old mean that was not set is 0, and an old
     * variance 1. The result is computed in float64 and rounded to float32 once, so its last bit can differ from that of
     * a layer, which computes in float32.
     *
     * @param batch the moments of the batch
     * @return the changed copy, which tracks running statistics
     * @throws IllegalArgumentException if the number of channels is wrong, if a channel has fewer than 2 elements, if the
     *     spec has a {@link #cumulativeAverage}, whose number of batches a spec does not have, or if a result is not a
     *     finite float32: the message names the channel
     */
    public BatchNormSpec updated(ChannelMoments batch) {
        return RunningMoments.updated(this, batch);
    }

    @Override
    public Sets sets() {
        return new BatchSets(layout(), ownStatistics());
    }

    /** C sets of N·S elements. */
    static class BatchSets extends ChannelSets {
        private final boolean own;

        BatchSets(Layout layout, boolean own) {
            super(layout);
            this.own = own;
        }

        @Override
        public String name() {
            return Kind.BATCH_NORM.toString();
        }

        @Override
        public Geometry geometry(long... shape) {
            return ofBatch(channels(shape));
        }

        @Override
        public Statistics statistics() {
            return own ? Statistics.MEAN_AND_VARIANCE : Statistics.GIVEN;
        }

        @Override
        public long[] statisticsShape(long... shape) {
            return parameterShape(shape);
        }

        @Override
        public void checkStatistics(long... shape) {
            Channels input = channels(shape);
            if (own && input.samples() * input.positions() == 1) {
                throw new IllegalArgumentException(
                        "Expected more than 1 value per channel when training, got input size " + Shapes.text(shape));
            }
        }

        @Override
        public long setSize(long... shape) {
            Channels input = channels(shape);
            return input.samples() * input.positions();
        }

        @Override
        public boolean samplesAreIndependent() {
            return !own;
        }

        @Override
        public String describe(long... shape) {
            return Shapes.count(channels(shape).channels(), "channel")
                    + (own ? ", " + Shapes.count(setSize(shape), "element") + " each" : ", by running statistics");
        }
    }
}
