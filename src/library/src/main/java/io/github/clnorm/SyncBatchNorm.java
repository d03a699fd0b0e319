package io.github.clnorm;

import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.runtime.Reals;
import io.github.clnorm.type.ElementType;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Batch normalization by the statistics of several participants, each of which has a part of the batch, with the
 * parameters and defaults of <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.SyncBatchNorm.html">torch.nn.SyncBatchNorm</a>.
 *
 * <p>Each participant has a layer of its own, on its own backend or thread, and its own {@link StatisticsExchange}. In
 * training each forward pass exchanges the moments of the parts, and normalizes by the mean and variance of the whole
 * batch. It updates the running statistics with the whole batch's mean and unbiased variance. The gradient of the input
 * is that of the whole batch, for which each backward pass exchanges its sums. Statistics, running statistics and these
 * sums have the same bits for all participants, and for each division of a batch into parts. A part may be empty.
 *
 * <p>As in PyTorch, the gradients of weight and bias are those of the participant's own part, which the application adds
 * over the participants. With {@link Builder#wholeBatchGradients} they are the exact sums over all participants, rounded once.
 *
 * <p>In evaluation it is a {@link BatchNorm}, and exchanges nothing.
 *
 * <p>In training, {@code record}, {@code forward}, {@code infer} and {@code backward} block until the device has the sums and
 * all participants have arrived. All participants must make the same calls in the same order, also if they do not want
 * dx. A call that throws aborts the exchange: the calls of all others throw {@link ExchangeException}.
 *
 * <p>Thread-safe, see {@link Layer}. Since calls have an order, one thread at a time trains.
 *
 * @serial exclude
 */
public final class SyncBatchNorm extends ChannelStatisticsNorm {

    private final StatisticsExchange exchange;
    private final boolean wholeBatchGradients;

    private SyncBatchNorm(Builder builder) {
        super(
                builder.backend,
                builder.settings(NormSpec.batchNorm(builder.numFeatures())),
                builder.parameterType(),
                builder.statisticsType());
        this.exchange = builder.exchange;
        this.wholeBatchGradients = builder.wholeBatchGradients;
    }

    /** A layer of a spec, with gradients of weight and bias over the whole batch. */
    SyncBatchNorm(Backend backend, BatchNormSpec spec, ElementType real, StatisticsExchange exchange) {
        super(backend, spec, real, real);
        this.exchange = exchange;
        this.wholeBatchGradients = true;
    }

    /**
     * A layer with PyTorch's defaults.
     *
     * @param backend where it works
     * @param numFeatures C
     * @param exchange this participant's; the layer does not close it
     * @return the layer
     */
    public static SyncBatchNorm of(Backend backend, long numFeatures, StatisticsExchange exchange) {
        return builder(backend, numFeatures, exchange).build();
    }

    /**
     * A layer with other settings.
     *
     * @param backend where it works
     * @param numFeatures C
     * @param exchange this participant's; the layer does not close it
     * @return a builder
     */
    public static Builder builder(Backend backend, long numFeatures, StatisticsExchange exchange) {
        return new Builder(backend, numFeatures, exchange);
    }

    @Override
    Pass pass(Tensor input, Options options) {
        spec().checkInput(channelState(), input.sizes());
        Requests.statisticsType(input, runningMean());
        return ofStatistics(isTraining()).pass(input, channelState(), options);
    }

    @Override
    PassMaker passMaker(Tensor given, Options options) {
        if (!isTraining()) {
            return super.passMaker(given, options);
        }
        try {
            requireOpen();
            Tensor input = LayerChecks.input(backend(), given);
            LayerChecks.options(spec(), options);
            check(input, options);
            ChannelMoments own = SampleMoments.of(input, options.residual(), spec().layout());
            return new Exchanged(whole(own, input), input.type());
        } catch (RuntimeException e) {
            exchange.abort(e);
            throw e;
        }
    }

    private void check(Tensor input, Options options) {
        spec().checkInput(channelState(), input.sizes());
        Requests.statisticsType(input, runningMean());
        spec().checkState(ofStatistics(true).sets(), input, channelState());
        if (options.scaleShift() != null) {
            spec().sets().modulationShape(input.sizes());
        }
    }

    private ChannelMoments whole(ChannelMoments own, Tensor input) {
        ChannelMoments all = exchange.sum(own);
        if (all.count() < 2) {
            throw new IllegalArgumentException("Expected more than 1 value per channel when training, got "
                    + Shapes.count(all.count(), "value") + " of " + Shapes.count(exchange.participants(), "participant")
                    + ", and input size " + Shapes.text(input.sizes()));
        }
        return all;
    }

    /** Passes by the statistics of all participants. */
    private final class Exchanged implements PassMaker {
        private final Pass.Known known;

        Exchanged(ChannelMoments all, ElementType type) {
            ElementType real = type.accumulator();
            double[] mean = rounded(real, all.mean());
            double[] variance = all.variance();
            double eps = Reals.of(type, "eps", spec().eps(type));
            double[] rstd = new double[variance.length];
            for (int channel = 0; channel < rstd.length; channel++) {
                rstd[channel] = 1 / Math.sqrt(variance[channel] + eps);
            }
            Tensor high = tensor(real, mean);
            Tensor low = null;
            Tensor inverse = null;
            try {
                low = tensor(real, all.meanMinus(mean));
                inverse = tensor(real, rstd);
                known = new Pass.Known(new Saved(high, low, inverse), tensor(real, variance), all.count());
            } catch (RuntimeException e) {
                new Saved(high, low, inverse).close();
                throw e;
            }
        }

        @Override
        public Pass pass(Tensor input, Options options) {
            BatchNormSpec spec = ofStatistics(true);
            Sets sets = spec.sets();
            return new Pass(
                            spec.name(),
                            input,
                            sets.geometry(input.sizes()),
                            Statistics.MEAN_AND_VARIANCE,
                            spec.eps(input.type()),
                            GivenParameters.of(weight(), bias()),
                            options)
                    .update(runningMean(), runningVar(), spec.tracking().momentum(), 1)
                    .known(known);
        }

        @Override
        public void failed(RuntimeException reason) {
            known.saved().close();
            known.variance().close();
            exchange.abort(reason);
        }
    }

    private static double[] rounded(ElementType real, double... values) {
        if (real == ElementType.FLOAT32) {
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) values[i];
            }
        }
        return values;
    }

    private Tensor tensor(ElementType type, double... values) {
        return backend().tensor(type, values, values.length);
    }

    private BatchNormSpec ofStatistics(boolean own) {
        return spec().with(spec().tracking().training(own).momentum(spec().factor(numBatchesTracked())));
    }

    @Override
    void enqueued() {
        if (isTraining() && tracksRunningStats()) {
            countBatch();
        }
    }

    @Override
    Gradients gradients(Tensor gradOutput, Tensor input, Saved saved, GradientOptions options) {
        return ofStatistics(saved != null).gradients(gradOutput, input, channelState(), saved, options);
    }

    @Override
    GradientMaker gradientMaker(Supplier<SavedPass> passes, Tensor gradOutput, GradientOptions options) {
        try {
            SavedPass pass = passes.get();
            if (!pass.isExchanged()) {
                return super.gradientMaker(passes, gradOutput, options);
            }
            LayerChecks.options(spec(), options);
            if (options.weightTotal() != null || options.biasTotal() != null) {
                throw new IllegalArgumentException("accumulate(…) does not belong to SyncBatchNorm in training, whose"
                        + " gradients are sums of all participants: add them after backward");
            }
            Objects.requireNonNull(gradOutput, "gradOutput");
            ChannelGradients own = SampleGradients.of(
                    gradOutput, pass.input(), channelState(), pass.statistics(), allOptions(pass, options));
            return new ExchangedGradients(pass.statistics(), own, exchange.sum(own), options);
        } catch (RuntimeException e) {
            if (isTraining()) {
                exchange.abort(e);
            }
            throw e;
        }
    }

    /** Gradients by the sums of all participants. */
    private final class ExchangedGradients implements GradientMaker {
        private final Saved statistics;
        private final Tensor ofWeight;
        private final Tensor ofBias;
        private final Tensor meanOfG;
        private final Tensor meanOfGAndXhat;

        ExchangedGradients(Saved statistics, ChannelGradients own, ChannelGradients all, GradientOptions options) {
            this.statistics = statistics;
            ChannelGradients shown = wholeBatchGradients ? all : own;
            ElementType real = statistics.rstd().type();
            double[] gammas = weight() == null ? null : weight().toDoubles();
            Tensor[] made = new Tensor[4];
            try {
                made[0] = options.weight() && weight() != null ? tensor(weight().type(), shown.weight()) : null;
                made[1] = options.bias() && bias() != null ? tensor(bias().type(), shown.bias()) : null;
                made[2] = tensor(real, means(gammas, all.bias(), all.count()));
                made[3] = tensor(real, means(gammas, all.weight(), all.count()));
            } catch (RuntimeException e) {
                close(made);
                throw e;
            }
            ofWeight = made[0];
            ofBias = made[1];
            meanOfG = made[2];
            meanOfGAndXhat = made[3];
        }

        @Override
        public Gradients gradients(Tensor gradOutput, Tensor input, Saved saved, GradientOptions options) {
            if (saved != statistics) {
                throw new IllegalStateException(
                        "another thread took the gradients of " + SyncBatchNorm.this + " at the same time");
            }
            BatchNormSpec spec = ofStatistics(true);
            long[] shape = input.sizes();
            Gradients ofInput = new GradientPass(
                            gradOutput,
                            input,
                            spec.sets().geometry(shape),
                            Statistics.MEAN_AND_VARIANCE,
                            GivenParameters.of(weight(), bias()),
                            options.wanted(options.input(), false, false))
                    .saved(saved, spec.sets().statisticsShape(shape))
                    .means(meanOfG, meanOfGAndXhat)
                    .gradients();
            close(meanOfG, meanOfGAndXhat);
            return new Gradients(ofInput.input(), ofWeight, ofBias);
        }

        @Override
        public void failed(RuntimeException reason) {
            close(meanOfG, meanOfGAndXhat, ofWeight, ofBias);
            exchange.abort(reason);
        }
    }

    private static double[] means(double[] gammas, double[] sums, long count) {
        double[] result = new double[sums.length];
        for (int channel = 0; channel < sums.length; channel++) {
            result[channel] = (gammas == null ? 1 : gammas[channel]) * sums[channel] / count;
        }
        return result;
    }

    private static void close(Tensor... tensors) {
        for (Tensor tensor : tensors) {
            if (tensor != null) {
                tensor.close();
            }
        }
    }

    @Override
    BatchNormSpec spec() {
        return (BatchNormSpec) super.spec();
    }

    /** As PyTorch prints it. */
    @Override
    String module() {
        return spec().module("SyncBatchNorm");
    }

    /** The settings of a layer. Not thread-safe. */
    public static final class Builder extends ChannelStatisticsNorm.Builder<Builder> {
        private final StatisticsExchange exchange;
        private boolean wholeBatchGradients;

        private Builder(Backend backend, long numFeatures, StatisticsExchange exchange) {
            super(backend, NormSpec.batchNorm(numFeatures));
            this.exchange = Objects.requireNonNull(exchange, "exchange");
        }

        @Override
        Builder self() {
            return this;
        }

        /**
         * Whether the gradients of weight and bias are those of all participants: their exact sums, rounded once, with
         * the same bits for all.
         *
         * @param value false unless set, as in PyTorch: the gradients of this participant's part
         * @return this
         */
        public Builder wholeBatchGradients(boolean value) {
            wholeBatchGradients = value;
            return this;
        }

        /**
         * Makes the layer.
         *
         * @return the layer
         */
        public SyncBatchNorm build() {
            return new SyncBatchNorm(this);
        }
    }
}
