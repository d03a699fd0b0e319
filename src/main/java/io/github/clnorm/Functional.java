package io.github.clnorm;

import io.github.clnorm.geometry.Geometry;
import io.github.clnorm.geometry.GroupNormGeometry;
import io.github.clnorm.plan.Plan;
import io.github.clnorm.runtime.DeviceBuffer;
import io.github.clnorm.runtime.Forward;
import java.util.Arrays;

/**
 * The operations without state, named and defined as in <a
 * href="https://pytorch.org/docs/stable/nn.functional.html#normalization-functions">torch.nn.functional</a>. Nothing is
 * modified; results are enqueued, not waited for.
 */
public final class Functional {
    private Functional() {}

    /**
     * Group normalization (Wu and He, <a href="https://arxiv.org/abs/1803.08494">ECCV 2018</a>): the channels of every
     * sample are divided into groups, and each group is normalized by its own mean and variance.
     *
     * <p>y = (x - mean) / sqrt(variance + eps) · weight + bias. Error against exact arithmetic, as |y - ref| / (1 + |ref|):
     * below 4e-6 for |mean| up to 10<sup>4</sup> standard deviations.
     *
     * @param input x, of shape {@code (N, C, *)}
     * @param numGroups G, a divisor of C
     * @param weight gamma, of shape {@code (C)}, or null for 1
     * @param bias beta, of shape {@code (C)}, or null for 0
     * @param eps added to the variance, in float32; PyTorch's default is 1e-5. A negative one is taken as PyTorch takes
     *     it: NaN where it exceeds the variance
     * @return output of the input's shape, mean and rstd of shape {@code (N, G)}
     * @throws IllegalArgumentException when the shapes do not fit, with PyTorch's message
     * @throws IllegalStateException when a tensor is closed
     * @throws io.github.clnorm.runtime.opencl.ClException when the device fails
     */
    public static Normalized groupNorm(Tensor input, long numGroups, Tensor weight, Tensor bias, double eps) {
        checkGroupNorm(input, numGroups, weight, bias);
        long[] shape = input.shape();
        Geometry geometry = GroupNormGeometry.of(shape, numGroups);
        return forward(input, geometry, weight, bias, eps, shape[0], numGroups);
    }

    /** Refuses what group_norm cannot take, before anything is allocated. */
    static void checkGroupNorm(Tensor input, long numGroups, Tensor weight, Tensor bias) {
        input.requireOpen();
        GroupNormGeometry.of(input.shape(), numGroups);
        checkParameter("weight", weight, input);
        checkParameter("bias", bias, input);
    }

    private static void checkParameter(String name, Tensor parameter, Tensor input) {
        if (parameter == null) {
            return;
        }
        parameter.requireOpen();
        if (parameter.backend() != input.backend()) {
            throw new IllegalArgumentException("Expected " + name + " and input on one backend, but got " + name + " on "
                    + parameter.backend().device().description() + " and input on "
                    + input.backend().device().description());
        }
        GroupNormGeometry.checkParameter(name, parameter.shape(), input.shape());
    }

    /** Makes the results and fills them. */
    private static Normalized forward(
            Tensor input, Geometry geometry, Tensor weight, Tensor bias, double eps, long... statisticsShape) {
        Backend backend = input.backend();
        Tensor output = null;
        Tensor mean = null;
        Tensor rstd = null;
        try {
            output = backend.empty(input.shape());
            mean = backend.empty(statisticsShape);
            rstd = backend.empty(statisticsShape);
            run(input, geometry, weight, bias, eps, output, mean, rstd);
            return new Normalized(output, mean, rstd);
        } catch (RuntimeException e) {
            close(output);
            close(mean);
            close(rstd);
            throw e;
        }
    }

    /** Fills the output, and the statistics where they are not null. */
    static void run(
            Tensor input,
            Geometry geometry,
            Tensor weight,
            Tensor bias,
            double eps,
            Tensor output,
            Tensor mean,
            Tensor rstd) {
        if (geometry.elements() == 0) {
            // As PyTorch: a group without elements has mean 0 and rstd NaN.
            if (mean != null) {
                mean.set(new float[(int) mean.elements()]);
                float[] undefined = new float[(int) rstd.elements()];
                Arrays.fill(undefined, Float.NaN);
                rstd.set(undefined);
            }
            return;
        }
        Plan plan = input.backend().session().planner().plan(geometry);
        Forward.Buffers buffers = new Forward.Buffers(
                input.buffer(), buffer(weight), buffer(bias), output.buffer(), buffer(mean), buffer(rstd));
        Forward.enqueue(input.backend().session(), geometry, plan, buffers, single(eps));
    }

    /** A positive eps stays positive in float32: a constant group then gives 0, not NaN. */
    private static float single(double eps) {
        return eps > 0 ? Math.max((float) eps, Float.MIN_NORMAL) : (float) eps;
    }

    private static DeviceBuffer buffer(Tensor tensor) {
        return tensor == null ? null : tensor.buffer();
    }

    private static void close(Tensor tensor) {
        if (tensor != null) {
            tensor.close();
        }
    }
}
