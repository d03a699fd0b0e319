package io.github.clnorm;

import io.github.clnorm.internal.geometry.BatchNormGeometry;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GroupNormGeometry;
import io.github.clnorm.internal.geometry.InstanceNormGeometry;
import io.github.clnorm.internal.geometry.LayerNormGeometry;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.geometry.Wording;
import io.github.clnorm.type.Layout;

/**
 * The operations without state, named and defined as in <a
 * href="https://pytorch.org/docs/stable/nn.functional.html#normalization-functions">torch.nn.functional</a>. Results are
 * enqueued, not waited for. Inputs are not modified unless the {@link Options} say so; running statistics are, where an
 * operation says so.
 *
 * <p>All of them compute y = activation((x - mean) / sqrt(variance + eps) · weight + bias) and differ in what a mean and a
 * variance are taken of. Error against exact arithmetic, as |y - ref| / (1 + |ref|): below 4e-6 for float32 and |mean| up
 * to 10<sup>4</sup> standard deviations, 1e-13 for float64, one rounding of the stored type for float16 and bfloat16.
 *
 * <p>Gradients of float32 are within 2e-5 under the same conditions: dx as |dx - ref| / (1 + |ref|); each element of dγ
 * and dβ as |dγ - ref| / Σ|dz| (1 + |x̂|) and |dβ - ref| / Σ|dz|, with dz = dy · activation' and the sums over the terms of
 * the element. Where the terms cancel, the error may be any multiple of the small element that is left. The bound is 1e-13
 * for float64, and one rounding of the stored type more for the halves, whose sums are float32. Sums over a set or a parameter must stay inside the range of float32: |dy| times their number
 * below 3e38.
 *
 * <p>Thread-safe: a pass is enqueued as a whole, behind what was enqueued before. Nothing checks that the tensors a
 * backward operation reads are unchanged since the forward one; {@link Layer#record(Tensor)} does.
 *
 * <p>Weight and bias may be null, for 1 and 0, and of another type than the input; statistics are float32, and float64
 * for float64. Every operation throws IllegalArgumentException, with PyTorch's message where it has one, when shapes or
 * types do not fit; IllegalStateException when a tensor is closed; {@link io.github.clnorm.device.ClException}
 * when the device fails. eps and momentum must be finite. As in PyTorch eps may
 * be negative: the result is NaN where variance + eps is. The layers reject a negative eps.
 */
public final class Functional {
    private Functional() {}

    /**
     * Group normalization (Wu and He, <a href="https://arxiv.org/abs/1803.08494">ECCV 2018</a>): the channels of every
     * sample are divided into groups, and each group is normalized by its own mean and variance.
     *
     * @param input x, of shape {@code (N, C, *)}, or {@code (N, *, C)} with channels last
     * @param numGroups G, a divisor of C
     * @param weight gamma, of shape {@code (C)}, or null
     * @param bias beta, of shape {@code (C)}, or null
     * @param eps added to the variance; PyTorch's default is 1e-5
     * @param options layout, activation, residual, and where results go
     * @return output of the input's shape, mean and rstd of shape {@code (N, G)}
     */
    public static Normalized groupNorm(
            Tensor input, long numGroups, Tensor weight, Tensor bias, double eps, Options options) {
        return groupNormPass(input, numGroups, weight, bias, eps, options).normalized();
    }

    static Pass groupNormPass(Tensor input, long numGroups, Tensor weight, Tensor bias, double eps, Options options) {
        long samples = input.sizes().length == 0 ? 0 : input.sizes()[0];
        Geometry geometry = groupNormGeometry(input, numGroups, weight, bias, options.layout());
        return new Pass("group_norm", input, geometry, Statistics.MEAN_AND_VARIANCE, eps, options)
                .affine(weight, bias)
                .statisticsOf(samples, numGroups);
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
     * The gradients of {@link #groupNorm}: of a loss whose gradient with respect to the output is known. Mirrors
     * PyTorch's native_group_norm_backward.
     *
     * @param gradOutput dy, of the input's shape and type
     * @param input x, as in the forward pass
     * @param numGroups G, as there
     * @param weight gamma, of shape {@code (C)}, or null
     * @param bias beta, of shape {@code (C)}, or null
     * @param saved the statistics of the forward pass, of shape {@code (N, G)}: {@link Normalized#saved()}
     * @param options what the forward pass did beside normalizing, and which gradients are wanted
     * @return the gradients that are wanted, each of the shape and type of what it is the gradient of
     */
    public static Gradients groupNormBackward(
            Tensor gradOutput,
            Tensor input,
            long numGroups,
            Tensor weight,
            Tensor bias,
            Saved saved,
            GradientOptions options) {
        long[] shape = input.sizes();
        GradientPass pass = new GradientPass(
                gradOutput,
                input,
                groupNormGeometry(input, numGroups, weight, bias, options.layout()),
                Statistics.MEAN_AND_VARIANCE,
                options);
        return pass.affine(weight, bias).saved(saved, shape[0], numGroups).gradients();
    }

    private static Geometry groupNormGeometry(Tensor input, long numGroups, Tensor weight, Tensor bias, Layout layout) {
        Geometry geometry = GroupNormGeometry.of(input.sizes(), numGroups, layout);
        if (weight != null) {
            GroupNormGeometry.checkParameter("weight", weight.sizes(), input.sizes(), layout, Wording.LIBRARY);
        }
        if (bias != null) {
            GroupNormGeometry.checkParameter("bias", bias.sizes(), input.sizes(), layout, Wording.LIBRARY);
        }
        return geometry;
    }

    /**
     * Layer normalization (Ba, Kiros and Hinton, <a href="https://arxiv.org/abs/1607.06450">2016</a>): the last dimensions
     * are normalized, for every index of those before.
     *
     * @param input x, of shape {@code (*, normalized_shape)}
     * @param normalizedShape the last dimensions, one or more
     * @param weight gamma, of shape {@code normalized_shape}, or null
     * @param bias beta, of shape {@code normalized_shape}, or null
     * @param eps added to the variance; PyTorch's default is 1e-5
     * @param options activation, residual, and where results go; the layout must be the default
     * @return output of the input's shape, mean and rstd of the shape of the leading dimensions
     */
    public static Normalized layerNorm(
            Tensor input, long[] normalizedShape, Tensor weight, Tensor bias, double eps, Options options) {
        return layerNormPass(input, normalizedShape, weight, bias, eps, options).normalized();
    }

    static Pass layerNormPass(
            Tensor input, long[] normalizedShape, Tensor weight, Tensor bias, double eps, Options options) {
        return rowPass("layer_norm", input, normalizedShape, weight, bias, Statistics.MEAN_AND_VARIANCE, eps, options);
    }

    /**
     * Root mean square normalization (Zhang and Sennrich, <a href="https://arxiv.org/abs/1910.07467">NeurIPS 2019</a>):
     * as layer_norm, but no mean is taken: y = x / sqrt(mean of x² + eps) · weight + bias.
     *
     * @param input x, of shape {@code (*, normalized_shape)}
     * @param normalizedShape the last dimensions, one or more
     * @param weight gamma, of shape {@code normalized_shape}, or null
     * @param bias beta, of shape {@code normalized_shape}, or null; PyTorch has none
     * @param eps added to the mean square; PyTorch's default is the machine epsilon of the type that it computes in, {@code
     *     input.type().accumulator().epsilon()}: float32's for float16 and bfloat16
     * @param options activation, residual, and where results go; the layout must be the default
     * @return output of the input's shape, no mean, rstd of the shape of the leading dimensions
     */
    public static Normalized rmsNorm(
            Tensor input, long[] normalizedShape, Tensor weight, Tensor bias, double eps, Options options) {
        return rmsNormPass(input, normalizedShape, weight, bias, eps, options).normalized();
    }

    static Pass rmsNormPass(
            Tensor input, long[] normalizedShape, Tensor weight, Tensor bias, double eps, Options options) {
        return rowPass("rms_norm", input, normalizedShape, weight, bias, Statistics.MEAN_SQUARE, eps, options);
    }

    private static Pass rowPass(
            String operation,
            Tensor input,
            long[] normalizedShape,
            Tensor weight,
            Tensor bias,
            Statistics statistics,
            double eps,
            Options options) {
        Requests.noLayout(name(statistics), options.layout());
        Geometry geometry = layerNormGeometry(input, normalizedShape, weight, bias);
        return new Pass(operation, input, geometry, statistics, eps, options)
                .affine(weight, bias)
                .statisticsOf(LayerNormGeometry.statisticsShape(input.sizes(), normalizedShape));
    }

    /**
     * The gradients of {@link #layerNorm}: of a loss whose gradient with respect to the output is known. Mirrors
     * PyTorch's native_layer_norm_backward.
     *
     * @param gradOutput dy, of the input's shape and type
     * @param input x, as in the forward pass
     * @param normalizedShape as there
     * @param weight gamma, of shape {@code normalized_shape}, or null
     * @param bias beta, of shape {@code normalized_shape}, or null
     * @param saved the statistics of the forward pass, of the shape of the leading dimensions: {@link Normalized#saved()}
     * @param options what the forward pass did beside normalizing, and which gradients are wanted
     * @return the gradients that are wanted, each of the shape and type of what it is the gradient of
     */
    public static Gradients layerNormBackward(
            Tensor gradOutput,
            Tensor input,
            long[] normalizedShape,
            Tensor weight,
            Tensor bias,
            Saved saved,
            GradientOptions options) {
        return layerNormBackward(
                gradOutput, input, normalizedShape, weight, bias, Statistics.MEAN_AND_VARIANCE, saved, options);
    }

    /**
     * The gradients of {@link #rmsNorm}: of a loss whose gradient with respect to the output is known. No mean was
     * taken, so none is subtracted.
     *
     * @param gradOutput dy, of the input's shape and type
     * @param input x, as in the forward pass
     * @param normalizedShape as there
     * @param weight gamma, of shape {@code normalized_shape}, or null
     * @param bias beta, of shape {@code normalized_shape}, or null
     * @param saved rstd of the forward pass, of the shape of the leading dimensions, and no mean: {@link
     *     Normalized#saved()}
     * @param options what the forward pass did beside normalizing, and which gradients are wanted
     * @return the gradients that are wanted, each of the shape and type of what it is the gradient of
     */
    public static Gradients rmsNormBackward(
            Tensor gradOutput,
            Tensor input,
            long[] normalizedShape,
            Tensor weight,
            Tensor bias,
            Saved saved,
            GradientOptions options) {
        return layerNormBackward(
                gradOutput, input, normalizedShape, weight, bias, Statistics.MEAN_SQUARE, saved, options);
    }

    private static Gradients layerNormBackward(
            Tensor gradOutput,
            Tensor input,
            long[] normalizedShape,
            Tensor weight,
            Tensor bias,
            Statistics statistics,
            Saved saved,
            GradientOptions options) {
        Requests.noLayout(name(statistics), options.layout());
        GradientPass pass = new GradientPass(
                gradOutput, input, layerNormGeometry(input, normalizedShape, weight, bias), statistics, options);
        return pass.affine(weight, bias)
                .saved(saved, LayerNormGeometry.statisticsShape(input.sizes(), normalizedShape))
                .gradients();
    }

    private static String name(Statistics statistics) {
        return statistics == Statistics.MEAN_SQUARE ? "rms_norm" : "layer_norm";
    }

    private static Geometry layerNormGeometry(Tensor input, long[] normalizedShape, Tensor weight, Tensor bias) {
        Geometry geometry = LayerNormGeometry.of(input.sizes(), normalizedShape);
        if (weight != null) {
            LayerNormGeometry.checkParameter("weight", weight.sizes(), normalizedShape);
        }
        if (bias != null) {
            LayerNormGeometry.checkParameter("bias", bias.sizes(), normalizedShape);
        }
        return geometry;
    }

    /**
     * Instance normalization (Ulyanov, Vedaldi and Lempitsky, <a href="https://arxiv.org/abs/1607.08022">2016</a>): every
     * channel of every sample is normalized by its own mean and variance, or by running ones.
     *
     * <p>With {@code useInputStats} the running statistics that are given are updated: by the mean over the samples of
     * their means and of their unbiased variances.
     *
     * @param input x, of shape {@code (N, C, *)} with at least one more dimension, or {@code (N, *, C)} with channels last
     * @param runningMean of shape {@code (C)}, or null
     * @param runningVar of shape {@code (C)}, or null
     * @param weight gamma, of shape {@code (C)}, or null
     * @param bias beta, of shape {@code (C)}, or null
     * @param useInputStats normalize by the input's statistics; else by the running ones, which must be there
     * @param momentum new = (1 - momentum) · old + momentum · input's; PyTorch's default is 0.1
     * @param eps added to the variance; PyTorch's default is 1e-5
     * @param options layout, activation, residual, and where results go
     * @return output of the input's shape; mean and rstd of shape {@code (N, C)} with {@code useInputStats}, else null
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
        return instanceNormPass(input, runningMean, runningVar, weight, bias, useInputStats, momentum, eps, options)
                .normalized();
    }

    static Pass instanceNormPass(
            Tensor input,
            Tensor runningMean,
            Tensor runningVar,
            Tensor weight,
            Tensor bias,
            boolean useInputStats,
            double momentum,
            double eps,
            Options options) {
        Requests.momentum(momentum);
        checkChannels(input, runningMean, runningVar, weight, bias, options.layout());
        if (!useInputStats && (runningMean == null || runningVar == null)) {
            throw new IllegalArgumentException(
                    "Expected running_mean and running_var to be defined when use_input_stats is false");
        }
        if (!useInputStats) {
            return evaluationPass("instance_norm", input, runningMean, runningVar, weight, bias, eps, options);
        }
        long[] shape = input.sizes();
        InstanceNormGeometry.checkInputStatistics(shape, options.layout());
        return new Pass(
                        "instance_norm",
                        input,
                        InstanceNormGeometry.of(shape, options.layout()),
                        Statistics.MEAN_AND_VARIANCE,
                        eps,
                        options)
                .affine(weight, bias)
                .update(runningMean, runningVar, momentum, shape[0])
                .statisticsOf(shape[0], shape[options.layout().channelAxis(shape.length)]);
    }

    /**
     * Batch normalization (Ioffe and Szegedy, <a href="https://arxiv.org/abs/1502.03167">ICML 2015</a>): every channel is
     * normalized by its mean and variance over the whole batch, or by running ones.
     *
     * <p>With {@code training} the running statistics that are given are updated, with the unbiased variance.
     *
     * @param input x, of shape {@code (N, C, *)}, or {@code (N, *, C)} with channels last
     * @param runningMean of shape {@code (C)}, or null
     * @param runningVar of shape {@code (C)}, or null
     * @param weight gamma, of shape {@code (C)}, or null
     * @param bias beta, of shape {@code (C)}, or null
     * @param training normalize by the batch's statistics; else by the running ones, which must be there
     * @param momentum new = (1 - momentum) · old + momentum · batch's; PyTorch's default is 0.1
     * @param eps added to the variance; PyTorch's default is 1e-5
     * @param options layout, activation, residual, and where results go
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
        return batchNormPass(input, runningMean, runningVar, weight, bias, training, momentum, eps, options)
                .normalized();
    }

    static Pass batchNormPass(
            Tensor input,
            Tensor runningMean,
            Tensor runningVar,
            Tensor weight,
            Tensor bias,
            boolean training,
            double momentum,
            double eps,
            Options options) {
        Requests.momentum(momentum);
        checkChannels(input, runningMean, runningVar, weight, bias, options.layout());
        if (!training) {
            return evaluationPass("batch_norm", input, runningMean, runningVar, weight, bias, eps, options);
        }
        long[] shape = input.sizes();
        BatchNormGeometry.checkBatchStatistics(shape, options.layout());
        return new Pass(
                        "batch_norm",
                        input,
                        BatchNormGeometry.of(shape, options.layout()),
                        Statistics.MEAN_AND_VARIANCE,
                        eps,
                        options)
                .affine(weight, bias)
                .update(runningMean, runningVar, momentum, 1)
                .statisticsOf(shape[options.layout().channelAxis(shape.length)]);
    }

    /**
     * The gradients of {@link #instanceNorm}: of a loss whose gradient with respect to the output is known. Running
     * statistics are constants to it.
     *
     * @param gradOutput dy, of the input's shape and type
     * @param input x, as in the forward pass
     * @param runningMean of shape {@code (C)}; needed where it was normalized by
     * @param runningVar of shape {@code (C)}; needed where it was normalized by
     * @param weight gamma, of shape {@code (C)}, or null
     * @param bias beta, of shape {@code (C)}, or null
     * @param saved the statistics of the forward pass, of shape {@code (N, C)}: {@link Normalized#saved()}; null where
     *     it normalized by running ones
     * @param useInputStats as there: whether the forward pass normalized by the input's own statistics
     * @param eps as there, finite; saved statistics contain it already
     * @param options what the forward pass did beside normalizing, and which gradients are wanted
     * @return the gradients that are wanted, each of the shape and type of what it is the gradient of
     */
    public static Gradients instanceNormBackward(
            Tensor gradOutput,
            Tensor input,
            Tensor runningMean,
            Tensor runningVar,
            Tensor weight,
            Tensor bias,
            Saved saved,
            boolean useInputStats,
            double eps,
            GradientOptions options) {
        Requests.eps(eps);
        checkChannels(input, runningMean, runningVar, weight, bias, options.layout());
        if (!useInputStats) {
            return evaluationBackward(gradOutput, input, runningMean, runningVar, weight, bias, eps, options);
        }
        long[] shape = input.sizes();
        InstanceNormGeometry.checkInputStatistics(shape, options.layout());
        GradientPass pass = new GradientPass(
                gradOutput,
                input,
                InstanceNormGeometry.of(shape, options.layout()),
                Statistics.MEAN_AND_VARIANCE,
                options);
        return pass.affine(weight, bias)
                .saved(saved, shape[0], shape[options.layout().channelAxis(shape.length)])
                .gradients();
    }

    /**
     * The gradients of {@link #batchNorm}: of a loss whose gradient with respect to the output is known. Mirrors
     * PyTorch's native_batch_norm_backward; running statistics are constants to it.
     *
     * @param gradOutput dy, of the input's shape and type
     * @param input x, as in the forward pass
     * @param runningMean of shape {@code (C)}; needed where it was normalized by
     * @param runningVar of shape {@code (C)}; needed where it was normalized by
     * @param weight gamma, of shape {@code (C)}, or null
     * @param bias beta, of shape {@code (C)}, or null
     * @param saved the statistics of the forward pass, of shape {@code (C)}: {@link Normalized#saved()}; null where
     *     it normalized by running ones
     * @param training as there: whether the forward pass normalized by the input's own statistics
     * @param eps as there, finite; saved statistics contain it already
     * @param options what the forward pass did beside normalizing, and which gradients are wanted
     * @return the gradients that are wanted, each of the shape and type of what it is the gradient of
     */
    public static Gradients batchNormBackward(
            Tensor gradOutput,
            Tensor input,
            Tensor runningMean,
            Tensor runningVar,
            Tensor weight,
            Tensor bias,
            Saved saved,
            boolean training,
            double eps,
            GradientOptions options) {
        Requests.eps(eps);
        checkChannels(input, runningMean, runningVar, weight, bias, options.layout());
        if (!training) {
            return evaluationBackward(gradOutput, input, runningMean, runningVar, weight, bias, eps, options);
        }
        long[] shape = input.sizes();
        BatchNormGeometry.checkBatchStatistics(shape, options.layout());
        GradientPass pass = new GradientPass(
                gradOutput,
                input,
                BatchNormGeometry.of(shape, options.layout()),
                Statistics.MEAN_AND_VARIANCE,
                options);
        return pass.affine(weight, bias)
                .saved(saved, shape[options.layout().channelAxis(shape.length)])
                .gradients();
    }

    /** By running statistics every gradient follows from its own dy. */
    private static Gradients evaluationBackward(
            Tensor gradOutput,
            Tensor input,
            Tensor runningMean,
            Tensor runningVar,
            Tensor weight,
            Tensor bias,
            double eps,
            GradientOptions options) {
        checkRunning(runningMean, runningVar);
        GradientPass pass = new GradientPass(
                gradOutput, input, BatchNormGeometry.of(input.sizes(), options.layout()), Statistics.GIVEN, options);
        return pass.affine(weight, bias).given(runningMean, runningVar, eps).gradients();
    }

    /** Running statistics belong to channels: in evaluation instance_norm and batch_norm are the same. */
    private static Pass evaluationPass(
            String operation,
            Tensor input,
            Tensor runningMean,
            Tensor runningVar,
            Tensor weight,
            Tensor bias,
            double eps,
            Options options) {
        checkRunning(runningMean, runningVar);
        Geometry geometry = BatchNormGeometry.of(input.sizes(), options.layout());
        return new Pass(operation, input, geometry, Statistics.GIVEN, eps, options)
                .affine(weight, bias)
                .given(runningMean, runningVar);
    }

    private static void checkChannels(
            Tensor input, Tensor runningMean, Tensor runningVar, Tensor weight, Tensor bias, Layout layout) {
        long[] shape = input.sizes();
        BatchNormGeometry.of(shape, layout);
        long channels = shape[layout.channelAxis(shape.length)];
        Checks.ofChannels(input, "running_mean", runningMean, channels, layout);
        Checks.ofChannels(input, "running_var", runningVar, channels, layout);
        if (weight != null) {
            BatchNormGeometry.checkParameter("weight", weight.sizes(), shape, layout, Wording.LIBRARY);
        }
        if (bias != null) {
            BatchNormGeometry.checkParameter("bias", bias.sizes(), shape, layout, Wording.LIBRARY);
        }
    }

    private static void checkRunning(Tensor runningMean, Tensor runningVar) {
        if (runningMean == null || runningVar == null) {
            throw new IllegalArgumentException(
                    (runningMean == null ? "running_mean" : "running_var") + " must be defined in evaluation mode");
        }
    }
}
