package io.github.clnorm;

import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Layout;

/**
 * The operations without state, named and defined as in <a
 * href="https://pytorch.org/docs/stable/nn.functional.html#normalization-functions">torch.nn.functional</a>. Calls are
 * asynchronous. Inputs are not modified unless the {@link Options} say so. Running statistics are modified if the
 * operation says so.
 *
 * <p>All of them compute y = activation((x - mean) / sqrt(variance + eps) · weight + bias). They differ in the elements
 * that share a mean and a variance. Errors are against exact arithmetic, for |mean| up to 10<sup>4</sup> standard
 * deviations and relative to max(1, |weight|) (1 + |x̂|) + |bias|, which is 1 + |ref| without weight and bias. For float32
 * they are typically 2e-7, and below 5e-5 whatever the values. They are below 1e-13 for float64, and one rounding of the
 * stored type more for float16 and bfloat16.
 *
 * <p>Gradients of float32 are within 2e-5 under the same conditions: dx as |dx - ref| / (1 + |ref|); each element of dγ
 * and dβ as |dγ - ref| / Σ|dy| (1 + |x̂|) and |dβ - ref| / Σ|dy|, with the sums over the terms of the element. This
 * holds for each element by itself. If the terms cancel, the error relative to the small element that is left has no
 * bound. The derivative of RELU jumps at 0: an element whose x̂γ + β is nearer to 0 than the forward bound may have
 * that of the other side. The bound is 1e-13 for float64. For float16 and bfloat16 it is one rounding of the stored
 * type more, and sums are float32. Sums over a set or a parameter must stay inside the range of float32: |dy| times the
 * number of terms below 3e38.
 *
 * <p>Thread-safe: a pass is enqueued as a whole, behind what was enqueued before. A backward function does not check
 * that the tensors it reads are unchanged since the forward pass; {@link Layer#record(Tensor)} does.
 *
 * <p>Weight and bias may be null, for 1 and 0, and of another type than the input. Statistics are float32, and float64
 * for float64. Each operation throws IllegalArgumentException, with PyTorch's message if it has one, if shapes or
 * types do not fit; IllegalStateException if a tensor is closed; {@link io.github.clnorm.device.ClException} if the
 * device fails. eps and momentum must be finite. As in PyTorch, eps may be negative: the result is NaN where variance +
 * eps is negative. Layers reject a negative eps.
 */
public final class Functional {
    private Functional() {}

    /**
     * The operation of a spec. Its eps, layout, activation, training mode and momentum apply; the values of parameters
     * and running statistics are those of {@code state}, and the spec's are ignored.
     *
     * @param spec the operation
     * @param input x. Not modified, unless the options name it
     * @param state weight, bias and running statistics; the running ones are updated in training
     * @param options residual, sum and output; layout and activation are the spec's own, and must be the defaults here
     * @return output of the input's shape; mean and rstd of the shape {@link NormSpec#statisticsShape}, null if running
     *     statistics normalize
     */
    public static Normalized forward(NormSpec spec, Tensor input, ChannelState state, Options options) {
        spec.requireDefaults(options.layout(), options.activation());
        spec.checkInput(state, input.sizes());
        return spec.pass(input, state, options.layout(spec.layout()).activation(spec.activation()))
                .normalized();
    }

    /**
     * The gradients of {@link #forward}: for a loss whose gradient with respect to the output is known. Running
     * statistics are constants.
     *
     * @param spec the operation, as in the forward pass
     * @param gradOutput dy, of the input's shape and type. Not modified, unless the options name it
     * @param input x, as in the forward pass
     * @param state weight, bias and running statistics, as in the forward pass
     * @param saved the statistics of the forward pass, {@link Normalized#saved()}; null if running ones normalized
     * @param options the residual of the forward pass, the gradients that are wanted, and the output for dx; layout and
     *     activation are the spec's own, and must be the defaults here
     * @return the wanted gradients, each of the shape and type of its tensor
     */
    public static Gradients backward(
            NormSpec spec, Tensor gradOutput, Tensor input, ChannelState state, Saved saved, GradientOptions options) {
        spec.requireDefaults(options.layout(), options.activation());
        spec.checkInput(state, input.sizes());
        return spec.gradients(
                gradOutput, input, state, saved, options.layout(spec.layout()).activation(spec.activation()));
    }

    /**
     * Group normalization (Wu and He, <a href="https://arxiv.org/abs/1803.08494">ECCV 2018</a>): the channels of every
     * sample are divided into groups, and each group is normalized by its own mean and variance.
     *
     * @param input x, of shape {@code (N, C, *)}, or {@code (N, *, C)} with channels last
     * @param numGroups G, a divisor of C
     * @param weight gamma, of shape {@code (C)}, or null
     * @param bias beta, of shape {@code (C)}, or null
     * @param eps added to the variance; PyTorch's default is 1e-5
     * @param options layout, activation, residual, and the tensors for results
     * @return output of the input's shape, mean and rstd of shape {@code (N, G)}
     */
    public static Normalized groupNorm(
            Tensor input, long numGroups, Tensor weight, Tensor bias, double eps, Options options) {
        return groupNorm(numGroups, eps, options.layout(), options.activation())
                .pass(input, ChannelState.of(weight, bias), options)
                .normalized();
    }

    /**
     * Group normalization with the default options.
     *
     * @param input x, of shape {@code (N, C, *)}
     * @param numGroups G, a divisor of C
     * @param weight gamma, of shape {@code (C)}, or null
     * @param bias beta, of shape {@code (C)}, or null
     * @param eps added to the variance; PyTorch's default is 1e-5
     * @return output of the input's shape, mean and rstd of shape {@code (N, G)}
     */
    public static Normalized groupNorm(Tensor input, long numGroups, Tensor weight, Tensor bias, double eps) {
        return groupNorm(input, numGroups, weight, bias, eps, Options.DEFAULTS);
    }

    /**
     * The gradients of {@link #groupNorm}: for a loss whose gradient with respect to the output is known. Mirrors
     * PyTorch's native_group_norm_backward.
     *
     * @param gradOutput dy, of the input's shape and type
     * @param input x, as in the forward pass
     * @param numGroups G, as in the forward pass
     * @param weight gamma, of shape {@code (C)}, or null
     * @param bias beta, of shape {@code (C)}, or null
     * @param saved the statistics of the forward pass, of shape {@code (N, G)}: {@link Normalized#saved()}
     * @param options layout, activation and residual of the forward pass, and the gradients that are wanted
     * @return the wanted gradients, each of the shape and type of its tensor
     */
    public static Gradients groupNormBackward(
            Tensor gradOutput,
            Tensor input,
            long numGroups,
            Tensor weight,
            Tensor bias,
            Saved saved,
            GradientOptions options) {
        return groupNorm(numGroups, 1e-5, options.layout(), options.activation())
                .gradients(gradOutput, input, ChannelState.of(weight, bias), saved, options);
    }

    private static NormSpec groupNorm(long numGroups, double eps, Layout layout, Activation activation) {
        return new GroupNormSpec(NormSpec.Common.of(eps, layout, activation), numGroups, NormSpec.ANY);
    }

    /**
     * Layer normalization (Ba, Kiros and Hinton, <a href="https://arxiv.org/abs/1607.06450">2016</a>): the last
     * dimensions are normalized, for every index of those before.
     *
     * @param input x, of shape {@code (*, normalized_shape)}
     * @param normalizedShape the last dimensions, one or more
     * @param weight gamma, of shape {@code normalized_shape}, or null
     * @param bias beta, of shape {@code normalized_shape}, or null
     * @param eps added to the variance; PyTorch's default is 1e-5
     * @param options activation, residual, and the tensors for results; the layout must be the default
     * @return output of the input's shape, mean and rstd of the shape of the leading dimensions
     */
    public static Normalized layerNorm(
            Tensor input, long[] normalizedShape, Tensor weight, Tensor bias, double eps, Options options) {
        return layerNorm(normalizedShape, eps, options.layout(), options.activation())
                .pass(input, ChannelState.of(weight, bias), options)
                .normalized();
    }

    /**
     * The gradients of {@link #layerNorm}: for a loss whose gradient with respect to the output is known. Mirrors
     * PyTorch's native_layer_norm_backward.
     *
     * @param gradOutput dy, of the input's shape and type
     * @param input x, as in the forward pass
     * @param normalizedShape as in the forward pass
     * @param weight gamma, of shape {@code normalized_shape}, or null
     * @param bias beta, of shape {@code normalized_shape}, or null
     * @param saved the statistics of the forward pass, of the shape of the leading dimensions: {@link
     *     Normalized#saved()}
     * @param options layout, activation and residual of the forward pass, and the gradients that are wanted
     * @return the wanted gradients, each of the shape and type of its tensor
     */
    public static Gradients layerNormBackward(
            Tensor gradOutput,
            Tensor input,
            long[] normalizedShape,
            Tensor weight,
            Tensor bias,
            Saved saved,
            GradientOptions options) {
        return layerNorm(normalizedShape, 1e-5, options.layout(), options.activation())
                .gradients(gradOutput, input, ChannelState.of(weight, bias), saved, options);
    }

    private static NormSpec layerNorm(long[] normalizedShape, double eps, Layout layout, Activation activation) {
        return new LayerNormSpec(NormSpec.Common.of(eps, layout, activation), normalizedShape);
    }

    /**
     * Root mean square normalization (Zhang and Sennrich, <a href="https://arxiv.org/abs/1910.07467">NeurIPS 2019</a>):
     * as layer_norm, but no mean is taken: y = x / sqrt(mean of x² + eps) · weight + bias.
     *
     * @param input x, of shape {@code (*, normalized_shape)}
     * @param normalizedShape the last dimensions, one or more
     * @param weight gamma, of shape {@code normalized_shape}, or null
     * @param bias beta, of shape {@code normalized_shape}, or null; PyTorch has none
     * @param eps added to the mean square; PyTorch's default is the machine epsilon of the type that it computes in,
     *     {@code input.type().accumulator().epsilon()}: float32's for float16 and bfloat16
     * @param options activation, residual, and the tensors for results; the layout must be the default
     * @return output of the input's shape, no mean, rstd of the shape of the leading dimensions
     */
    public static Normalized rmsNorm(
            Tensor input, long[] normalizedShape, Tensor weight, Tensor bias, double eps, Options options) {
        return rmsNorm(normalizedShape, eps, options.layout(), options.activation())
                .pass(input, ChannelState.of(weight, bias), options)
                .normalized();
    }

    /**
     * The gradients of {@link #rmsNorm}: for a loss whose gradient with respect to the output is known. No mean was
     * taken, so none is subtracted.
     *
     * @param gradOutput dy, of the input's shape and type
     * @param input x, as in the forward pass
     * @param normalizedShape as in the forward pass
     * @param weight gamma, of shape {@code normalized_shape}, or null
     * @param bias beta, of shape {@code normalized_shape}, or null
     * @param saved rstd of the forward pass, of the shape of the leading dimensions, and no mean: {@link
     *     Normalized#saved()}
     * @param options layout, activation and residual of the forward pass, and the gradients that are wanted
     * @return the wanted gradients, each of the shape and type of its tensor
     */
    public static Gradients rmsNormBackward(
            Tensor gradOutput,
            Tensor input,
            long[] normalizedShape,
            Tensor weight,
            Tensor bias,
            Saved saved,
            GradientOptions options) {
        return rmsNorm(normalizedShape, 1e-5, options.layout(), options.activation())
                .gradients(gradOutput, input, ChannelState.of(weight, bias), saved, options);
    }

    private static NormSpec rmsNorm(long[] normalizedShape, double eps, Layout layout, Activation activation) {
        return new RmsNormSpec(NormSpec.Common.of(eps, layout, activation), 0, normalizedShape);
    }

    /**
     * Instance normalization (Ulyanov, Vedaldi and Lempitsky, <a href="https://arxiv.org/abs/1607.08022">2016</a>):
     * every channel of every sample is normalized by its own mean and variance, or by running ones.
     *
     * <p>With {@code useInputStats} running statistics that are not null are updated by the mean over the samples of
     * their means and of their unbiased variances.
     *
     * @param input x, of shape {@code (N, C, *)} with at least one more dimension, or {@code (N, *, C)} with channels
     *     last
     * @param runningMean of shape {@code (C)}, or null
     * @param runningVar of shape {@code (C)}, or null
     * @param weight gamma, of shape {@code (C)}, or null
     * @param bias beta, of shape {@code (C)}, or null
     * @param useInputStats true to normalize by the input's statistics; false to normalize by the
     *     running ones, which are then required
     * @param momentum new = (1 - momentum) · old + momentum · input's; PyTorch's default is 0.1
     * @param eps added to the variance; PyTorch's default is 1e-5
     * @param options layout, activation, residual, and the tensors for results
     * @return output of the input's shape; mean and rstd of shape {@code (N, C)} with {@code useInputStats}; else null
     */
    public static Normalized instanceNorm(
            Tensor input,
            Tensor runningMean,
            Tensor runningVar,
            Tensor weight,
            Tensor bias,
            boolean useInputStats,
            double momentum,
            double eps,
            Options options) {
        return instanceNorm(useInputStats, momentum, eps, options.layout(), options.activation())
                .pass(input, new ChannelState(weight, bias, runningMean, runningVar), options)
                .normalized();
    }

    /**
     * The gradients of {@link #instanceNorm}: for a loss whose gradient with respect to the output is known. Running
     * statistics are constants.
     *
     * @param gradOutput dy, of the input's shape and type
     * @param input x, as in the forward pass
     * @param state weight, bias and running statistics, as in the forward pass; the running ones are needed if they
     *     normalized
     * @param saved the statistics of the forward pass, of shape {@code (N, C)}: {@link Normalized#saved()}; null if
     *     running ones normalized
     * @param useInputStats as in the forward pass: whether the input's own statistics normalized
     * @param eps as in the forward pass, finite; saved statistics contain it already
     * @param options layout, activation and residual of the forward pass, and the gradients that are wanted
     * @return the wanted gradients, each of the shape and type of its tensor
     */
    public static Gradients instanceNormBackward(
            Tensor gradOutput,
            Tensor input,
            ChannelState state,
            Saved saved,
            boolean useInputStats,
            double eps,
            GradientOptions options) {
        return instanceNorm(useInputStats, 0, eps, options.layout(), options.activation())
                .gradients(gradOutput, input, state, saved, options);
    }

    private static NormSpec instanceNorm(
            boolean useInputStats, double momentum, double eps, Layout layout, Activation activation) {
        NormSpec.Common common = NormSpec.Common.of(eps, layout, activation);
        return new InstanceNormSpec(
                common, NormSpec.ANY, 0, ChannelStatisticsSpec.Tracking.of(useInputStats, momentum));
    }

    /**
     * Batch normalization (Ioffe and Szegedy, <a href="https://arxiv.org/abs/1502.03167">ICML 2015</a>): every channel
     * is normalized by its mean and variance over the whole batch, or by running ones.
     *
     * <p>With {@code training} running statistics that are not null are updated, with the unbiased variance.
     *
     * @param input x, of shape {@code (N, C, *)}, or {@code (N, *, C)} with channels last
     * @param runningMean of shape {@code (C)}, or null
     * @param runningVar of shape {@code (C)}, or null
     * @param weight gamma, of shape {@code (C)}, or null
     * @param bias beta, of shape {@code (C)}, or null
     * @param training true to normalize by the batch's statistics; false to normalize by the running
     *     ones, which are then required
     * @param momentum new = (1 - momentum) · old + momentum · batch's; PyTorch's default is 0.1
     * @param eps added to the variance; PyTorch's default is 1e-5
     * @param options layout, activation, residual, and the tensors for results
     * @return output of the input's shape; mean and rstd of shape {@code (C)} with {@code training}, else null
     */
    public static Normalized batchNorm(
            Tensor input,
            Tensor runningMean,
            Tensor runningVar,
            Tensor weight,
            Tensor bias,
            boolean training,
            double momentum,
            double eps,
            Options options) {
        return batchNorm(training, momentum, eps, options.layout(), options.activation())
                .pass(input, new ChannelState(weight, bias, runningMean, runningVar), options)
                .normalized();
    }

    /**
     * The gradients of {@link #batchNorm}: for a loss whose gradient with respect to the output is known. Mirrors
     * PyTorch's native_batch_norm_backward; running statistics are constants.
     *
     * @param gradOutput dy, of the input's shape and type
     * @param input x, as in the forward pass
     * @param state weight, bias and running statistics, as in the forward pass; the running ones are needed if they
     *     normalized
     * @param saved the statistics of the forward pass, of shape {@code (C)}: {@link Normalized#saved()}; null if
     *     running ones normalized
     * @param training as in the forward pass: whether the input's own statistics normalized
     * @param eps as in the forward pass, finite; saved statistics contain it already
     * @param options layout, activation and residual of the forward pass, and the gradients that are wanted
     * @return the wanted gradients, each of the shape and type of its tensor
     */
    public static Gradients batchNormBackward(
            Tensor gradOutput,
            Tensor input,
            ChannelState state,
            Saved saved,
            boolean training,
            double eps,
            GradientOptions options) {
        return batchNorm(training, 0, eps, options.layout(), options.activation())
                .gradients(gradOutput, input, state, saved, options);
    }

    /**
     * The moments of the channels of a batch, to be added exactly to those of other batches. Blocks until the device has
     * computed them.
     *
     * <p>Each sample and channel has the mean and variance that {@link #instanceNorm} computes, in the same bits. They
     * are added without rounding.
     *
     * @param input x, of shape {@code (N, C, *)}. Not modified
     * @return count, mean and biased variance of each channel
     */
    public static ChannelMoments channelMoments(Tensor input) {
        return channelMoments(input, Options.DEFAULTS);
    }

    /**
     * The moments of the channels of a batch, with options. Blocks until the device has computed them.
     *
     * @param input x, of shape {@code (N, C, *)}, or {@code (N, *, C)} with channels last. Not modified
     * @param options layout, and a residual that is added to the input; the others must be the defaults
     * @return count, mean and biased variance of each channel
     */
    public static ChannelMoments channelMoments(Tensor input, Options options) {
        if (options.activation() != Activation.NONE
                || options.sum() != null
                || options.output() != null
                || options.scaleShift() != null) {
            throw new IllegalArgumentException("Expected no activation, sum, output, scale or shift for moments, which"
                    + " have the options layout and residual");
        }
        return SampleMoments.of(input, options.residual(), options.layout());
    }

    /**
     * The gradients of weight and bias of the channels of a batch, to be added exactly to those of other batches. Blocks
     * until the device has computed them.
     *
     * <p>The sums of a sample and channel do not depend on the rest of the batch. They are added without rounding. The
     * statistics are those that normalized in the forward pass, for example of several batches together.
     *
     * @param gradOutput dy, of the input's shape and type. Not modified
     * @param input x, as in the forward pass. Not modified
     * @param state weight and bias, which an activation's derivative needs; the running statistics are not read
     * @param saved mean and rstd of the channels, of shape {@code (C)}
     * @param options layout, activation and residual of the forward pass; the others are ignored
     * @return the sums of each channel
     */
    public static ChannelGradients channelGradients(
            Tensor gradOutput, Tensor input, ChannelState state, Saved saved, GradientOptions options) {
        if (options.scaleShift() != null
                || options.sumGradient() != null
                || options.weightTotal() != null
                || options.biasTotal() != null) {
            throw new IllegalArgumentException(
                    "Expected no scaleShift, sumGradient or accumulate for the gradients of channels");
        }
        NormSpec spec = batchNorm(true, 0, 0, options.layout(), options.activation());
        spec.checkState(spec.sets(), input, ChannelState.of(state.weight(), state.bias()));
        return SampleGradients.of(gradOutput, input, state, saved, options);
    }

    private static NormSpec batchNorm(
            boolean training, double momentum, double eps, Layout layout, Activation activation) {
        NormSpec.Common common = NormSpec.Common.of(eps, layout, activation);
        return new BatchNormSpec(common, NormSpec.ANY, 0, ChannelStatisticsSpec.Tracking.of(training, momentum));
    }
}
