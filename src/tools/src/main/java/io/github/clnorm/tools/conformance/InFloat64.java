package io.github.clnorm.tools.conformance;

import io.github.clnorm.reference.Nonlinearity;
import io.github.clnorm.reference.Reference;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Runs calls with the float64 reference. */
final class InFloat64 {

    private final Call call;
    private final double[] x;
    private final Reference reference;

    private InFloat64(Call call) {
        this.call = call;
        this.x = call.input.values().clone();
        if (call.residual != null) {
            Arrays.setAll(x, i -> x[i] + call.residual.values()[i]);
        }
        long[] shape = call.input.shape();
        this.reference = Reference.named(
                call.spec().sets().name(),
                shape,
                call.layout.channelAxis(shape.length),
                call.numGroups,
                call.normalizedShape);
        reference
                .affine(weights(call), values(call.bias))
                .modulation(values(call.scale), values(call.shift))
                .eps(call.eps)
                .activation(Nonlinearity.valueOf(call.activation.name()));
    }

    private static double[] values(HostTensor tensor) {
        return tensor == null ? null : tensor.values();
    }

    private static double[] weights(Call call) {
        return call.weight == null
                ? null
                : Arrays.stream(call.weight.values())
                        .map(weight -> weight + call.weightOffset)
                        .toArray();
    }

    static CallResult run(Call call) {
        return new InFloat64(call).run();
    }

    /** The gradients of the input, and of the parameters that are present. */
    static CallResult gradients(Call call) {
        return new InFloat64(call).gradients();
    }

    /** The magnitudes of the terms that the gradients of parameters are sums of. */
    static Reference.Magnitudes magnitudes(Call call) {
        InFloat64 run = new InFloat64(call);
        double[] dy = call.gradOutput.values();
        return run.reference.magnitudes(run.moments(), i -> run.x[i], i -> dy[i]);
    }

    /** The loss: the sum of all outputs times their gradients. */
    static double loss(Call call) {
        double[] dy = call.gradOutput.values();
        double[] y = run(call).output();
        return IntStream.range(0, y.length).mapToDouble(i -> dy[i] * y[i]).sum();
    }

    /** The largest 1 / sqrt(variance + eps): the factor by which errors of the input grow. */
    static double largestRstd(Call call) {
        InFloat64 run = new InFloat64(call);
        return Arrays.stream(run.rstd(run.moments()))
                .filter(Double::isFinite)
                .max()
                .orElse(0);
    }

    private CallResult run() {
        Reference.Moments moments = moments();
        CallResult result = new CallResult().put("output", reference.normalizeBy(moments, i -> x[i]));
        if (call.ownStatistics) {
            if (call.takesMean()) {
                // As in PyTorch, a set without elements has mean 0 and rstd NaN.
                result.put("mean", x.length == 0 ? new double[moments.mean().length] : moments.mean());
            }
            result.put("rstd", rstd(moments));
        }
        if (call.runningMean != null) {
            result.put("running_mean", learned(call.runningMean.values(), moments.mean()));
        }
        if (call.runningVar != null) {
            double size = (double) x.length / moments.variance().length;
            double[] unbiased = Arrays.stream(moments.variance())
                    .map(v -> v * size / (size - 1))
                    .toArray();
            result.put("running_var", learned(call.runningVar.values(), unbiased));
        }
        if (call.sum) {
            result.put("sum", x);
        }
        return result;
    }

    private CallResult gradients() {
        double[] dy = call.gradOutput.values();
        Reference.Gradients gradients = call.ownStatistics
                ? reference.gradients(i -> x[i], i -> dy[i])
                : reference.gradientsBy(moments(), i -> x[i], i -> dy[i]);
        CallResult result = new CallResult().put("grad_input", gradients.input());
        if (call.weight != null) {
            result.put("grad_weight", gradients.weight());
        }
        if (call.bias != null) {
            result.put("grad_bias", gradients.bias());
        }
        if (call.scale != null) {
            result.put("grad_scale", gradients.scale());
        }
        if (call.shift != null) {
            result.put("grad_shift", gradients.shift());
        }
        return result;
    }

    private Reference.Moments moments() {
        if (call.ownStatistics) {
            return reference.moments(i -> x[i]);
        }
        double[] mean = call.runningMean.values();
        return new Reference.Moments(mean, new double[mean.length], call.runningVar.values());
    }

    private double[] rstd(Reference.Moments moments) {
        return Arrays.stream(moments.variance())
                .map(v -> 1 / Math.sqrt(v + call.eps))
                .toArray();
    }

    /** Running statistics after the batch. They learn the mean over the samples. */
    private double[] learned(double[] before, double[] sets) {
        if (!call.ownStatistics) {
            return before;
        }
        int channels = before.length;
        int samples = sets.length / channels;
        double[] after = new double[channels];
        for (int c = 0; c < channels; c++) {
            double mean = 0;
            for (int n = 0; n < samples; n++) {
                mean += sets[n * channels + c] / samples;
            }
            after[c] = (1 - call.momentum) * before[c] + call.momentum * mean;
        }
        return after;
    }
}
