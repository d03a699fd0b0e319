package io.github.clnorm;

import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Engine;
import io.github.clnorm.internal.runtime.ForwardBuffers;
import io.github.clnorm.internal.runtime.Modulation;
import io.github.clnorm.internal.runtime.Phase;
import io.github.clnorm.internal.runtime.Reals;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * One forward pass of any operation. Checks everything before it allocates, and frees its allocations if a later step
 * fails. Checking and enqueueing hold the session's lock, so that no other thread closes or writes a tensor in between.
 */
final class Pass {

    private final String operation;
    private final Tensor input;
    private final Geometry geometry;
    private final Statistics statistics;
    private final double eps;
    private final GivenParameters parameters;
    private final Options options;

    private Tensor givenMean;
    private Tensor givenVariance;
    private RunningUpdate update;
    private Known known;
    private long[] statisticsShape = {};
    // Null for a tensor of its own.
    private ForwardProblem whole;

    /** Statistics that were computed before. The pass owns the tensors. */
    record Known(Saved saved, Tensor variance, long setSize) {}

    Pass(
            String operation,
            Tensor input,
            Geometry geometry,
            Statistics statistics,
            double eps,
            GivenParameters parameters,
            Options options) {
        this.operation = operation;
        this.input = input;
        this.geometry = geometry;
        this.statistics = statistics;
        this.eps = Requests.eps(eps);
        this.parameters = parameters;
        this.options = options;
    }

    /** The statistics of {@link Statistics#GIVEN}; their shapes are already checked. */
    Pass given(Tensor mean, Tensor variance) {
        givenMean = mean;
        givenVariance = variance;
        return this;
    }

    /** Running statistics to update by the mean over `averaged` samples. */
    Pass update(Tensor runningMean, Tensor runningVar, double factor, long averaged) {
        update = RunningUpdate.of(runningMean, runningVar, factor, averaged);
        return this;
    }

    /** Statistics of the sets that normalize in place of the input's own, and are learned. */
    Pass known(Known statisticsOfSets) {
        known = statisticsOfSets;
        return this;
    }

    boolean isKnown() {
        return known != null;
    }

    /** The shape of the statistics; not needed for {@link Statistics#GIVEN}. */
    Pass statisticsOf(long... shape) {
        statisticsShape = shape;
        return this;
    }

    /** The input is a part of a tensor whose other parts are computed before and after it; null if it is not. */
    Pass partOf(ForwardProblem tensor) {
        whole = tensor;
        return this;
    }

    /** The bias if backward reads it, else null. */
    Tensor biasOfBackward() {
        return options.activation() == Activation.NONE && !parameters.isModulated() ? null : parameters.bias();
    }

    /** The shift if backward reads it, else null. */
    Tensor shiftOfBackward() {
        return options.activation() == Activation.NONE ? null : options.shift();
    }

    Tensor weight() {
        return parameters.weight();
    }

    /** The running mean that normalizes, or null. */
    Tensor givenMean() {
        return givenMean;
    }

    /** The running variance that normalizes, or null. */
    Tensor givenVariance() {
        return givenVariance;
    }

    /** The output and all statistics. */
    Normalized normalized() {
        return normalized(true, operation);
    }

    /**
     * Checks and enqueues.
     *
     * @param saves whether to compute the statistics in addition to the output
     * @param by the operation or layer, which messages name as the last writer
     */
    Normalized normalized(boolean saves, String by) {
        return input.backend().session().exclusively(() -> checkedAndEnqueued(saves, by));
    }

    static void written(String by, Tensor... tensors) {
        for (Tensor tensor : tensors) {
            if (tensor != null) {
                tensor.buffer().written(by);
            }
        }
    }

    private Normalized checkedAndEnqueued(boolean saves, String by) {
        check();
        Backend backend = input.backend();
        ElementType real = input.type().accumulator();
        List<Tensor> made = new ArrayList<>();
        try {
            Tensor output = options.output() != null
                    ? options.output()
                    : keep(made, backend.empty(input.type(), input.sizes()));
            // Before the first launch, since a later one may fail after these were changed.
            written(by, output, options.sum());
            if (update != null) {
                written(by, update.runningMean(), update.runningVar());
            }
            if (known != null) {
                return byKnown(saves, output);
            }
            boolean computed = saves && statistics != Statistics.GIVEN;
            Tensor mean = computed && statistics != Statistics.MEAN_SQUARE
                    ? keep(made, backend.empty(real, statisticsShape))
                    : null;
            Tensor meanLo = mean != null ? keep(made, backend.empty(real, statisticsShape)) : null;
            Tensor rstd = computed ? keep(made, backend.empty(real, statisticsShape)) : null;
            if (geometry.elements() == 0) {
                // As PyTorch: a set without elements has mean 0 and rstd NaN.
                fill(mean, 0);
                fill(meanLo, 0);
                fill(rstd, Float.NaN);
            } else {
                enqueue(output, mean, meanLo, rstd);
            }
            return new Normalized(output, mean, meanLo, rstd);
        } catch (RuntimeException e) {
            made.forEach(Tensor::close);
            throw e;
        }
    }

    private Normalized byKnown(boolean saves, Tensor output) {
        Saved saved = known.saved;
        if (geometry.elements() > 0) {
            Session session = input.backend().session();
            ForwardProblem problem = problem(PassParameters.type(input, parameters.weight(), parameters.bias()));
            Engine.enqueue(
                    session,
                    problem,
                    Phase.RESULTS,
                    session.planner().split(problem),
                    new ForwardBuffers(
                            input.buffer(),
                            buffer(options.residual()),
                            buffer(parameters.weight()),
                            buffer(parameters.bias()),
                            output.buffer(),
                            buffer(options.sum()),
                            saved.mean().buffer(),
                            saved.meanLo().buffer(),
                            null,
                            saved.rstd().buffer()),
                    Reals.of(input.type(), "eps", eps));
        }
        if (update != null) {
            update.enqueue(
                    input,
                    saved.mean().buffer(),
                    known.variance.buffer(),
                    saved.mean().elements(),
                    known.setSize);
        }
        known.variance.close();
        if (saves) {
            return new Normalized(output, saved.mean(), saved.meanLo(), saved.rstd());
        }
        saved.close();
        return new Normalized(output, null, null, null);
    }

    private ForwardProblem problem(ElementType ofParameters) {
        return new ForwardProblem(
                geometry,
                statistics,
                input.type(),
                ofParameters,
                options.activation(),
                options.residual() != null,
                options.sum() != null);
    }

    private void enqueue(Tensor output, Tensor mean, Tensor meanLo, Tensor rstd) {
        Session session = input.backend().session();
        try (PassParameters affine = affine();
                DeviceBuffer batchMean = update == null || mean != null ? null : statistic(session);
                DeviceBuffer batchVariance = update == null ? null : statistic(session)) {
            ForwardProblem problem = problem(affine.type());
            DeviceBuffer meanBuffer = mean != null ? mean.buffer() : update != null ? batchMean : buffer(givenMean);
            Engine.enqueue(
                    session,
                    problem,
                    whole == null
                            ? session.planner().plan(problem)
                            : session.planner().planOfPart(problem, whole),
                    new ForwardBuffers(
                            input.buffer(),
                            buffer(options.residual()),
                            affine.weight(),
                            affine.bias(),
                            output.buffer(),
                            buffer(options.sum()),
                            meanBuffer,
                            buffer(meanLo),
                            update != null ? batchVariance : buffer(givenVariance),
                            buffer(rstd)),
                    Reals.of(input.type(), "eps", eps));
            if (update != null) {
                update.enqueue(input, meanBuffer, batchVariance, geometry.sets(), geometry.setSize());
            }
        }
    }

    private PassParameters affine() {
        Modulation modulation = parameters.modulation(input);
        return modulation == null
                ? PassParameters.of(input, parameters)
                : PassParameters.of(input, modulation, parameters.bias() != null || parameters.shift() != null);
    }

    private DeviceBuffer statistic(Session session) {
        return session.allocate(geometry.sets() * input.type().accumulator().bytes());
    }

    private void check() {
        input.requireUsable("input");
        Reals.of(input.type(), "eps", eps);
        Reals.of(input.type(), "weight_offset", parameters.weightOffset());
        if (update != null) {
            update.checkFactor(input);
        }
        Checks.like(input, "residual", options.residual());
        Checks.like(input, "sum", options.sum());
        Checks.like(input, "output", options.output());
        parameters.checkOpen(input);
        Checks.openHere(input, "running_mean", givenMean);
        Checks.openHere(input, "running_var", givenVariance);
        if (update != null) {
            update.checkOpen(input);
        }
        parameters.check(input, geometry);
        if (options.sum() != null && options.residual() == null) {
            throw new IllegalArgumentException("Expected a residual where the sum of input and residual is wanted");
        }
        checkOverlap();
    }

    /** Rejects an output that overlaps tensors which the pass reads to the end. */
    private void checkOverlap() {
        Tensor output = options.output();
        checkAccess();
        if (update != null) {
            update.checkApart(tensors());
        }
        if (output == null && options.sum() == null) {
            return;
        }
        if (output != null && options.sum() != null && output.isSameMemoryAs(options.sum())) {
            throw new IllegalArgumentException("Expected output and sum in two tensors, but got the same for both");
        }
        Checks.noOverlap("output", output, "sum", options.sum());
        for (Tensor read : Arrays.asList(input, options.residual())) {
            String name = read == input ? "input" : "residual";
            Checks.noOverlap("output", output, name, read);
            Checks.noOverlap("sum", options.sum(), name, read);
        }
        for (Tensor written : Arrays.asList(output, options.sum())) {
            Checks.notInPlace(written, "parameters", parameters.tensors());
            Checks.notInPlace(written, "parameters", Arrays.asList(givenMean, givenVariance));
        }
    }

    /** The tensors of the pass other than running statistics; null for each that is not given. */
    private List<Tensor> tensors() {
        List<Tensor> tensors = new ArrayList<>(List.of(input));
        tensors.addAll(parameters.tensors());
        tensors.addAll(Arrays.asList(options.residual(), options.output(), options.sum()));
        return tensors;
    }

    /** Rejects buffers of a caller whose flags forbid what the kernels do. */
    private void checkAccess() {
        Checks.readable("input", input);
        Checks.readable("residual", options.residual());
        parameters.checkReadable();
        Checks.readable("running_mean", givenMean);
        Checks.readable("running_var", givenVariance);
        Checks.writable("output", options.output());
        Checks.writable("sum", options.sum());
        if (update != null) {
            update.checkAccess();
        }
    }

    /** Sets all elements of a tensor; a no-op for null. */
    static void fill(Tensor tensor, float value) {
        if (tensor != null) {
            tensor.fill(value);
        }
    }

    private static Tensor keep(List<Tensor> made, Tensor tensor) {
        made.add(Objects.requireNonNull(tensor));
        return tensor;
    }

    static DeviceBuffer buffer(Tensor tensor) {
        return tensor == null ? null : tensor.buffer();
    }
}
