package io.github.clnorm;

import io.github.clnorm.internal.geometry.Channels;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.Engine;
import io.github.clnorm.internal.runtime.ForwardBuffers;
import io.github.clnorm.internal.runtime.Phase;
import io.github.clnorm.internal.runtime.Planner;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;

/** Moments of each sample and channel, by the launches of instance_norm that come before its results. */
final class SampleMoments {

    private SampleMoments() {}

    /**
     * The moments of the channels of an input. Blocks until they are read.
     *
     * @param input x
     * @param residual added to x, or null
     */
    static ChannelMoments of(Tensor input, Tensor residual, Layout layout) {
        input.requireOpen("input");
        long[] shape = input.sizes();
        Channels channels = Channels.of(shape, layout);
        int count = StoredSums.channels(channels.channels());
        Geometry geometry = InstanceNormSpec.setsOf(layout).geometry(shape);
        if (channels.isEmpty()) {
            check(input, residual);
            return ChannelMoments.none(count);
        }
        Backend backend = input.backend();
        ElementType real = input.type().accumulator();
        if (channels.positions() == 1 && residual == null) {
            backend.session().exclusively(() -> check(input, null));
            double[] values = input.toDoubles();
            if (isExact(real, values)) {
                // The device would give these, and two more tensors of 0.
                return ChannelMoments.of(count, 1, values, new double[values.length], new double[values.length]);
            }
        }
        try (Tensor mean = backend.empty(real, geometry.sets());
                Tensor meanLo = backend.empty(real, geometry.sets());
                Tensor variance = backend.empty(real, geometry.sets())) {
            backend.session().exclusively(() -> {
                check(input, residual);
                enqueue(geometry, input, residual, mean, meanLo, variance);
            });
            return ChannelMoments.of(
                    count, channels.positions(), mean.toDoubles(), meanLo.toDoubles(), variance.toDoubles());
        }
    }

    /** Whether each value is the mean of itself on all devices: some take subnormal numbers for 0. */
    private static boolean isExact(ElementType real, double... values) {
        double smallest = real == ElementType.FLOAT64 ? Double.MIN_NORMAL : Float.MIN_NORMAL;
        for (double value : values) {
            double magnitude = Math.abs(value);
            if (!(magnitude <= Double.MAX_VALUE) || magnitude < smallest && magnitude != 0) {
                return false;
            }
        }
        return true;
    }

    private static void check(Tensor input, Tensor residual) {
        input.requireUsable("input");
        Checks.like(input, "residual", residual);
        Checks.readable("input", input);
        Checks.readable("residual", residual);
    }

    private static void enqueue(
            Geometry geometry, Tensor input, Tensor residual, Tensor mean, Tensor meanLo, Tensor variance) {
        Session session = input.backend().session();
        ForwardProblem problem = new ForwardProblem(
                geometry,
                Statistics.MEAN_AND_VARIANCE,
                input.type(),
                input.type().accumulator(),
                Activation.NONE,
                residual != null,
                false);
        ForwardBuffers buffers = new ForwardBuffers(
                input.buffer(),
                Pass.buffer(residual),
                null,
                null,
                null,
                null,
                mean.buffer(),
                meanLo.buffer(),
                variance.buffer(),
                null);
        Planner planner = session.planner();
        Plan plan = planner.split(problem);
        // Both phases hold the session's lock, so that no other pass uses the scratch memory in between.
        Engine.enqueue(session, problem, Phase.SUMS, plan, buffers, 0);
        Engine.enqueue(session, problem, Phase.MERGE, plan, buffers, 0);
    }
}
