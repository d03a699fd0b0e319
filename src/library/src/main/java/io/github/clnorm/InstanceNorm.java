package io.github.clnorm;

import io.github.clnorm.internal.geometry.Wording;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * Instance normalization as a layer, with the parameters and defaults of <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html">torch.nn.InstanceNorm1d, 2d and 3d</a>.
 *
 * <p>Source: Ulyanov, Vedaldi and Lempitsky, <a href="https://arxiv.org/abs/1607.08022">Instance Normalization</a>, 2016.
 * Input: {@code (N, C, L)} in one dimension, {@code (N, C, H, W)} in two, {@code (N, C, D, H, W)} in three, each also
 * without N; the channels last with that layout.
 *
 * <p>Unlike BatchNorm it has neither weight and bias nor running statistics unless asked for. In evaluation the running
 * ones normalize where they are tracked, else the input's.
 *
 * <p>Thread-safe, see {@link Layer}.
 */
public final class InstanceNorm extends ChannelStatisticsNorm {

    private InstanceNorm(Builder builder) {
        super(builder);
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
     * @throws IllegalArgumentException when there are more or fewer
     */
    public static Builder builder(Backend backend, long numFeatures, int dimensions) {
        return new Builder(backend, numFeatures, dimensions);
    }

    @Override
    Pass pass(Tensor input, Options options) {
        long[] shape = input.sizes();
        boolean batched = shape.length == dimensions() + 2;
        if (!batched && shape.length != dimensions() + 1) {
            throw new IllegalArgumentException("expected " + (dimensions() + 1) + "D or " + (dimensions() + 2)
                    + "D input (got " + shape.length + "D input)");
        }
        long[] batch = batched ? shape : batchOfOne(shape);
        int axis = layout().channelAxis(batch.length);
        // Also without parameters, where PyTorch only warns: the layer was made for other channels.
        if (batch[axis] != numFeatures()) {
            throw new IllegalArgumentException("expected input's size at dim=" + (batched ? axis : axis - 1)
                    + " to match num_features (" + numFeatures() + "), but got: " + batch[axis] + "."
                    + (batched
                            ? Wording.LIBRARY
                                    .remedy(shape, layout(), numFeatures())
                                    .replaceFirst("^; its", " Its")
                            : ""));
        }
        Requests.statisticsType(input, runningMean());
        Options seen = batched
                ? options
                : new Options(
                        options.layout(),
                        options.activation(),
                        inBatch(input, "residual", options.residual(), batch),
                        inBatch(input, "sum", options.sum(), batch),
                        inBatch(input, "output", options.output(), batch));
        return Functional.instanceNormPass(
                batched ? input : input.viewedAs(batch),
                runningMean(),
                runningVar(),
                weight(),
                bias(),
                isTraining() || !tracksRunningStats(),
                momentum().orElse(0),
                eps(),
                seen);
    }

    @Override
    Tensor shaped(Tensor output, Tensor input) {
        return Arrays.equals(output.sizes(), input.sizes()) ? output : output.viewedAs(input.sizes());
    }

    @Override
    Gradients gradients(Tensor gradOutput, Tensor input, Saved saved, GradientOptions options) {
        long[] shape = input.sizes();
        boolean batched = shape.length == dimensions() + 2;
        long[] batch = batched ? shape : batchOfOne(shape);
        Gradients gradients = Functional.instanceNormBackward(
                inBatch(input, "grad_output", gradOutput, batch),
                input.viewedAs(batch),
                runningMean(),
                runningVar(),
                weight(),
                bias(),
                saved,
                saved != null,
                eps(),
                options.residual(inBatch(input, "residual", options.residual(), batch))
                        .output(inBatch(input, "output", options.output(), batch)));
        return batched || gradients.input() == null
                ? gradients
                : new Gradients(
                        options.output() != null
                                ? options.output()
                                : gradients.input().viewedAs(shape),
                        gradients.weight(),
                        gradients.bias());
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
            super(backend, numFeatures, dimensions, false);
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
            return new InstanceNorm(this);
        }
    }
}
