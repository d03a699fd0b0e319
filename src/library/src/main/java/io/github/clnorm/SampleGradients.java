package io.github.clnorm;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Channels;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.BackwardBuffers;
import io.github.clnorm.internal.runtime.Engine;
import io.github.clnorm.internal.runtime.Phase;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;

/**
 * Sums of the gradients of each sample and channel, with statistics of the channels.
 *
 * <p>Channels first: a tensor (N, C, S) is one sample with N·C groups of S elements, each with its own parameters, and the
 * gradients of these parameters are the sums. Channels last: the means that dx takes of the sets of instance_norm, with
 * weight 1, are the sums divided by S.
 */
final class SampleGradients {

    private final Tensor gradOutput;
    private final Tensor input;
    private final ChannelState state;
    private final Saved saved;
    private final GradientOptions options;
    private final Channels channels;
    private final ElementType real;

    private SampleGradients(Tensor gradOutput, Tensor input, ChannelState state, Saved saved, GradientOptions options) {
        this.gradOutput = gradOutput;
        this.input = input;
        this.state = state;
        this.saved = saved;
        this.options = options;
        this.channels = Channels.of(input.sizes(), options.layout());
        this.real = input.type().accumulator();
    }

    /** The sums of the channels of a batch. Blocks until they are read. */
    static ChannelGradients of(
            Tensor gradOutput, Tensor input, ChannelState state, Saved saved, GradientOptions options) {
        input.requireOpen("input");
        return new SampleGradients(gradOutput, input, state, saved, options).sums();
    }

    private ChannelGradients sums() {
        int count = StoredSums.channels(channels.channels());
        session().exclusively(this::check);
        if (channels.isEmpty()) {
            return ChannelGradients.none(count);
        }
        boolean ofParameters = options.layout() == Layout.CHANNELS_FIRST || channels.positions() == 1;
        long sets = channels.samples() * channels.channels();
        try (Tensor ofWeight = input.backend().empty(real, sets);
                Tensor ofBias = input.backend().empty(real, sets);
                Tensor mean = repeated(saved.mean());
                Tensor meanLo = repeated(saved.meanLo());
                Tensor rstd = repeated(saved.rstd())) {
            Saved statistics = new Saved(mean, meanLo, rstd);
            if (ofParameters) {
                try (Tensor weight = repeated(activated(state.weight()));
                        Tensor bias = repeated(activated(state.bias()))) {
                    enqueue(() -> enqueueParameters(statistics, weight, bias, ofWeight, ofBias));
                }
            } else {
                enqueue(() -> enqueueMeans(statistics, ofWeight, ofBias));
            }
            return ChannelGradients.of(
                    count,
                    channels.positions(),
                    ofParameters ? 1 : channels.positions(),
                    ofWeight.toDoubles(),
                    ofBias.toDoubles());
        }
    }

    private void enqueue(Runnable launches) {
        session().exclusively(() -> {
            check();
            launches.run();
        });
    }

    private Session session() {
        return input.backend().session();
    }

    /** A parameter that the activation's derivative needs, else null. */
    private Tensor activated(Tensor parameter) {
        return options.activation() == Activation.NONE ? null : parameter;
    }

    /** Values of the channels, as reals, once for each sample; null for null. */
    private Tensor repeated(Tensor ofChannels) {
        if (ofChannels == null) {
            return null;
        }
        double[] values = ofChannels.toDoubles();
        double[] all = new double[Math.toIntExact(channels.samples() * values.length)];
        for (int sample = 0; sample < channels.samples(); sample++) {
            System.arraycopy(values, 0, all, sample * values.length, values.length);
        }
        return input.backend().tensor(real, all, all.length);
    }

    private void check() {
        input.requireUsable("input");
        Checks.like(input, "grad_output", gradOutput);
        Checks.like(input, "residual", options.residual());
        long count = channels.channels();
        if (saved.mean() == null || saved.rstd() == null) {
            throw new IllegalArgumentException("Expected a saved mean and rstd of the channels, but got none");
        }
        Checks.saved(input, "mean", saved.mean(), count);
        Checks.saved(input, "low part of the mean", saved.meanLo(), count);
        Checks.saved(input, "rstd", saved.rstd(), count);
        Checks.openHere(input, "weight", state.weight());
        Checks.openHere(input, "bias", state.bias());
        Checks.oneType(state.weight(), state.bias());
        Checks.readable("input", input);
        Checks.readable("grad_output", gradOutput);
        Checks.readable("residual", options.residual());
        Checks.readable("weight", state.weight());
        Checks.readable("bias", state.bias());
    }

    private void enqueueParameters(Saved statistics, Tensor weight, Tensor bias, Tensor ofWeight, Tensor ofBias) {
        long positions = channels.positions();
        BackwardProblem problem = problem(
                new Geometry(1, 1, channels.samples() * channels.channels(), positions, positions), real, false);
        Engine.enqueue(
                session(),
                problem,
                session().planner().plan(problem),
                new BackwardBuffers(
                        input.buffer(),
                        Pass.buffer(options.residual()),
                        gradOutput.buffer(),
                        Pass.buffer(weight),
                        Pass.buffer(bias),
                        statistics.mean().buffer(),
                        Pass.buffer(statistics.meanLo()),
                        statistics.rstd().buffer(),
                        null,
                        ofWeight.buffer(),
                        ofBias.buffer()),
                0);
    }

    private void enqueueMeans(Saved statistics, Tensor ofWeight, Tensor ofBias) {
        Tensor weight = activated(state.weight());
        Tensor bias = activated(state.bias());
        ElementType parameters = weight != null ? weight.type() : bias != null ? bias.type() : real;
        BackwardProblem problem =
                problem(InstanceNormSpec.setsOf(options.layout()).geometry(input.sizes()), parameters, true);
        Plan plan = session().planner().split(problem);
        // Both phases hold the session's lock, so that no other pass uses the scratch memory in between.
        Engine.enqueue(session(), problem, Phase.SUMS, plan, ofMeans(statistics, weight, bias, ofWeight, ofBias), 0);
        // The sums of blocks are those of dz. Without a weight, their means are not multiplied by it.
        Engine.enqueue(session(), problem, Phase.MERGE, plan, ofMeans(statistics, null, bias, ofWeight, ofBias), 0);
    }

    private BackwardBuffers ofMeans(Saved statistics, Tensor weight, Tensor bias, Tensor ofWeight, Tensor ofBias) {
        return new BackwardBuffers(
                input.buffer(),
                Pass.buffer(options.residual()),
                gradOutput.buffer(),
                Pass.buffer(weight),
                Pass.buffer(bias),
                statistics.mean().buffer(),
                Pass.buffer(statistics.meanLo()),
                statistics.rstd().buffer(),
                null,
                null,
                null,
                null,
                ofBias.buffer(),
                ofWeight.buffer());
    }

    private BackwardProblem problem(Geometry geometry, ElementType parameters, boolean means) {
        return new BackwardProblem(
                geometry,
                Statistics.MEAN_AND_VARIANCE,
                input.type(),
                parameters,
                options.activation(),
                options.residual() != null,
                means,
                !means,
                !means);
    }
}
