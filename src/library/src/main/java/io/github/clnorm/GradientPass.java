package io.github.clnorm;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.runtime.BackwardBuffers;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Engine;
import io.github.clnorm.internal.runtime.Modulation;
import io.github.clnorm.internal.runtime.Phase;
import io.github.clnorm.internal.runtime.Reals;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.type.Activation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * One backward pass of any operation. Checks everything before it allocates, and frees its allocations if a later step
 * fails. Checking and enqueueing hold the session's lock, as for a forward pass.
 */
final class GradientPass {

    private final Tensor gradOutput;
    private final Tensor input;
    private final Geometry geometry;
    private final Statistics statistics;
    private final GivenParameters parameters;
    private final GradientOptions options;

    private Saved saved;
    private Tensor givenVariance;
    private double eps;
    private Tensor meanOfG;
    private Tensor meanOfGAndXhat;

    GradientPass(
            Tensor gradOutput,
            Tensor input,
            Geometry geometry,
            Statistics statistics,
            GivenParameters parameters,
            GradientOptions options) {
        this.gradOutput = Objects.requireNonNull(gradOutput, "gradOutput");
        this.input = input;
        this.geometry = geometry;
        this.statistics = statistics;
        this.parameters = parameters;
        this.options = options;
    }

    /** The statistics of the forward pass, which must have the given shape. */
    GradientPass saved(Saved statisticsOfForward, long... shape) {
        if (statisticsOfForward == null || statisticsOfForward.rstd() == null) {
            throw new IllegalArgumentException("Expected the statistics that the forward pass saved, but got none");
        }
        saved = statisticsOfForward;
        if (statistics == Statistics.MEAN_AND_VARIANCE && saved.mean() == null) {
            throw new IllegalArgumentException(
                    "Expected a saved mean of shape " + Shapes.text(shape) + ", but got none");
        }
        Checks.saved(input, "mean", saved.mean(), shape);
        Checks.saved(input, "low part of the mean", saved.meanLo(), shape);
        Checks.saved(input, "rstd", saved.rstd(), shape);
        return this;
    }

    /** The statistics of {@link Statistics#GIVEN}; their shapes are already checked. */
    GradientPass given(Tensor mean, Tensor variance, double added) {
        saved = new Saved(mean, null, null);
        givenVariance = variance;
        eps = added;
        return this;
    }

    /** The means over the set that dx takes, one of each for each set, in place of the input's own. */
    GradientPass means(Tensor ofG, Tensor ofGAndXhat) {
        meanOfG = ofG;
        meanOfGAndXhat = ofGAndXhat;
        return this;
    }

    /** Checks and enqueues. */
    Gradients gradients() {
        return input.backend().session().exclusively(this::checkedAndEnqueued);
    }

    private Gradients checkedAndEnqueued() {
        check();
        Backend backend = input.backend();
        boolean ofWeight = options.weight() && parameters.weight() != null;
        boolean ofBias = options.bias() && parameters.bias() != null;
        List<Tensor> made = new ArrayList<>();
        try {
            Tensor dx = !options.input()
                    ? null
                    : options.output() != null
                            ? options.output()
                            : keep(made, backend.empty(input.type(), input.sizes()));
            // Before the first launch, since a later one may fail after it was changed.
            Pass.written("a backward pass", dx);
            Accumulation accumulation = new Accumulation(options, input);
            Tensor computed = dx != null && accumulation.needsSpace(dx) ? keep(made, like(dx)) : dx;
            Tensor dWeight = keep(made, ofWeight ? like(parameters.weight()) : null);
            Tensor dBias = keep(made, ofBias ? like(parameters.bias()) : null);
            Tensor dScale = keep(made, like(parameters.scale()));
            Tensor dShift = keep(made, like(parameters.shift()));
            Gradients gradients = new Gradients(computed, dWeight, dBias, dScale, dShift);
            if (geometry.elements() == 0) {
                Arrays.asList(dWeight, dBias, dScale, dShift).forEach(gradient -> Pass.fill(gradient, 0));
            } else if (parameters.isModulated() || dx != null || ofWeight || ofBias) {
                enqueue(gradients);
            }
            Gradients added = accumulation.added(gradients, dx);
            if (computed != dx) {
                computed.close();
            }
            return added;
        } catch (RuntimeException e) {
            made.forEach(Tensor::close);
            throw e;
        }
    }

    /** A tensor of the shape and type of another one; null for null. */
    private static Tensor like(Tensor tensor) {
        return tensor == null ? null : tensor.backend().empty(tensor.type(), tensor.sizes());
    }

    private void enqueue(Gradients gradients) {
        Modulation modulation = parameters.modulation(input);
        if (modulation == null) {
            enqueue(
                    PassParameters.of(input, parameters),
                    gradients.input(),
                    Pass.buffer(gradients.weight()),
                    Pass.buffer(gradients.bias()));
        } else {
            enqueue(modulation, gradients);
        }
    }

    /** The gradients of the pass's own parameters, and from these all others. */
    private void enqueue(Modulation modulation, Gradients gradients) {
        boolean sums = parameters.isModulated() || gradients.weight() != null || gradients.bias() != null;
        boolean biases =
                options.activation() != Activation.NONE && (parameters.bias() != null || parameters.shift() != null);
        try (PassParameters affine = PassParameters.of(input, modulation, biases);
                Modulation.Table own = sums ? modulation.table(true) : null) {
            if (own == null) {
                enqueue(affine, gradients.input(), null, null);
                return;
            }
            enqueue(affine, gradients.input(), own.weight(), own.bias());
            modulation.gradients(
                    own,
                    new Modulation.Targets(
                            Pass.buffer(gradients.scale()),
                            Pass.buffer(gradients.shift()),
                            Pass.buffer(gradients.weight()),
                            Pass.buffer(gradients.bias())));
        }
    }

    private void enqueue(PassParameters affine, Tensor dx, DeviceBuffer dWeight, DeviceBuffer dBias) {
        Session session = input.backend().session();
        BackwardProblem problem = new BackwardProblem(
                geometry,
                statistics,
                input.type(),
                affine.type(),
                options.activation(),
                options.residual() != null,
                dx != null,
                dWeight != null,
                dBias != null);
        boolean given = statistics == Statistics.GIVEN;
        boolean known = meanOfG != null;
        Engine.enqueue(
                session,
                problem,
                known ? Phase.RESULTS : Phase.ALL,
                known ? session.planner().split(problem) : session.planner().plan(problem),
                new BackwardBuffers(
                        Pass.buffer(input),
                        Pass.buffer(options.residual()),
                        Pass.buffer(gradOutput),
                        affine.weight(),
                        affine.bias(),
                        Pass.buffer(saved.mean()),
                        Pass.buffer(saved.meanLo()),
                        given ? Pass.buffer(givenVariance) : Pass.buffer(saved.rstd()),
                        Pass.buffer(dx),
                        dWeight,
                        dBias,
                        null,
                        Pass.buffer(meanOfG),
                        Pass.buffer(meanOfGAndXhat)),
                Reals.of(input.type(), "eps", eps));
    }

    private void check() {
        input.requireUsable("input");
        Checks.like(input, "grad_output", gradOutput);
        Checks.like(input, "residual", options.residual());
        Checks.like(input, "output", options.output());
        parameters.checkOpen(input);
        if (statistics == Statistics.GIVEN) {
            Checks.openHere(input, "running_mean", saved.mean());
            Checks.openHere(input, "running_var", givenVariance);
        }
        new Accumulation(options, input).check(gradOutput, parameters.weight(), parameters.bias());
        parameters.check(input, geometry);
        checkAccess();
        Tensor output = options.output();
        if (output == null) {
            return;
        }
        if (!options.input()) {
            throw new IllegalArgumentException("Expected no output where the gradient of the input is not wanted");
        }
        Checks.noOverlap("output", output, "input", input);
        Checks.noOverlap("output", output, "grad_output", gradOutput);
        Checks.noOverlap("output", output, "residual", options.residual());
        String holds = "parameters or statistics";
        Checks.notInPlace(output, holds, parameters.tensors());
        Checks.notInPlace(output, holds, Arrays.asList(saved.mean(), saved.meanLo(), saved.rstd(), givenVariance));
    }

    /** Rejects buffers of a caller whose flags forbid what the kernels do. */
    private void checkAccess() {
        Checks.readable("input", input);
        Checks.readable("grad_output", gradOutput);
        Checks.readable("residual", options.residual());
        parameters.checkReadable();
        Checks.readable("mean", saved.mean());
        Checks.readable("low part of the mean", saved.meanLo());
        Checks.readable("rstd", saved.rstd());
        Checks.readable("running_var", givenVariance);
        Checks.writable("output", options.output());
    }

    private static Tensor keep(List<Tensor> made, Tensor tensor) {
        if (tensor != null) {
            made.add(tensor);
        }
        return tensor;
    }
}
