package io.github.clnorm;

import io.github.clnorm.type.ElementType;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * Instance normalization as a layer, with the parameters and defaults of <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html">torch.nn.InstanceNorm1d, 2d and 3d</a>.
 *
 * <p>Source: Ulyanov, Vedaldi and Lempitsky, <a href="https://arxiv.org/abs/1607.08022">Instance Normalization</a>,
 * 2016. Input: {@code (N, C, L)} in one dimension, {@code (N, C, H, W)} in two, {@code (N, C, D, H, W)} in three, each
 * also without N; the channels last with that layout.
 *
 * <p>Unlike BatchNorm it has no weight, bias or running statistics unless they are set. In evaluation the running
 * statistics normalize if they are tracked, else the input's.
 *
 * <p>Thread-safe, see {@link Layer}.
 *
 * @serial exclude
 */
public final class InstanceNorm extends ChannelStatisticsNorm {

    InstanceNorm(Backend backend, InstanceNormSpec spec, ElementType parameterType, ElementType statisticsType) {
        super(backend, spec, parameterType, statisticsType);
    }

    /**
     * A layer for inputs with one spatial dimension, with PyTorch's defaults.
     *
     * @param backend where it works
     * @param numFeatures C
     * @return the layer
     */
    public static InstanceNorm of1d(Backend backend, long numFeatures) {
        return builder(backend, numFeatures, 1).build();
    }

    /**
     * A layer for inputs with two spatial dimensions, with PyTorch's defaults.
     *
     * @param backend where it works
     * @param numFeatures C
     * @return the layer
     */
    public static InstanceNorm of2d(Backend backend, long numFeatures) {
        return builder(backend, numFeatures, 2).build();
    }

    /**
     * A layer for inputs with three spatial dimensions, with PyTorch's defaults.
     *
     * @param backend where it works
     * @param numFeatures C
     * @return the layer
     */
    public static InstanceNorm of3d(Backend backend, long numFeatures) {
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
        long[] shape = input.sizes();
        boolean batched = isBatched(shape);
        if (!batched && shape.length != spec().dimensions() + 1) {
            throw new IllegalArgumentException("expected " + (spec().dimensions() + 1) + "D or "
                    + (spec().dimensions() + 2) + "D input (got " + shape.length + "D input)");
        }
        long[] batch = batched ? shape : batchOfOne(shape);
        spec().checkChannels(batch, batched);
        Requests.statisticsType(input, runningMean());
        Options seen = batched
                ? options
                : new Options(
                        options.layout(),
                        options.activation(),
                        inBatch(input, "residual", options.residual(), batch),
                        inBatch(input, "sum", options.sum(), batch),
                        inBatch(input, "output", options.output(), batch),
                        options.scale(),
                        options.shift());
        return ofStatistics(isTraining(), spec().factor(numBatchesTracked()))
                .pass(batched ? input : input.viewedAs(batch), channelState(), seen);
    }

    private InstanceNormSpec ofStatistics(boolean own, double momentum) {
        return spec().with(spec().tracking().training(own).momentum(momentum));
    }

    /** Without a fixed number of spatial dimensions every input has a batch. */
    private boolean isBatched(long... shape) {
        return spec().dimensions() == 0 ? shape.length >= 2 : shape.length == spec().dimensions() + 2;
    }

    @Override
    InstanceNormSpec spec() {
        return (InstanceNormSpec) super.spec();
    }

    @Override
    Tensor shaped(Tensor output, Tensor input) {
        return Arrays.equals(output.sizes(), input.sizes()) ? output : output.viewedAs(input.sizes());
    }

    @Override
    Gradients gradients(Tensor gradOutput, Tensor input, Saved saved, GradientOptions options) {
        long[] shape = input.sizes();
        boolean batched = isBatched(shape);
        long[] batch = batched ? shape : batchOfOne(shape);
        Gradients gradients = ofStatistics(saved != null, 0)
                .gradients(
                        inBatch(input, "grad_output", gradOutput, batch),
                        input.viewedAs(batch),
                        channelState(),
                        saved,
                        options.residual(inBatch(input, "residual", options.residual(), batch))
                                .output(inBatch(input, "output", options.output(), batch))
                                .sumGradient(inBatch(input, "sum_gradient", options.sumGradient(), batch)));
        return batched || gradients.input() == null
                ? gradients
                : new Gradients(
                        options.output() != null
                                ? options.output()
                                : gradients.input().viewedAs(shape),
                        gradients.weight(),
                        gradients.bias(),
                        gradients.scale(),
                        gradients.shift());
    }

    private static long[] batchOfOne(long... shape) {
        return LongStream.concat(LongStream.of(1), LongStream.of(shape)).toArray();
    }

    /** A tensor that is like the input, seen with the batch that the input is seen with. */
    private static Tensor inBatch(Tensor input, String name, Tensor tensor, long... batch) {
        Checks.like(input, name, tensor);
        return tensor == null ? null : tensor.viewedAs(batch);
    }

    /** The settings of a layer. Not thread-safe. */
    public static final class Builder extends ChannelStatisticsNorm.Builder<Builder> {
        private Builder(Backend backend, long numFeatures, int dimensions) {
            super(backend, NormSpec.instanceNorm(numFeatures).dimensions(dimensions));
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
        public InstanceNorm build() {
            return new InstanceNorm(
                    backend, settings(NormSpec.instanceNorm(numFeatures())), parameterType(), statisticsType());
        }
    }
}
