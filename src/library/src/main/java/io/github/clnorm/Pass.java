package io.github.clnorm;

import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Engine;
import io.github.clnorm.internal.runtime.ForwardBuffers;
import io.github.clnorm.internal.runtime.Modulation;
import io.github.clnorm.internal.runtime.Phase;
import io.github.clnorm.internal.runtime.Reals;
import io.github.clnorm.internal.runtime.RunningStatistics;
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
    private final Options options;

    private Tensor weight;
    private double weightOffset;
    private Tensor bias;
    private Tensor givenMean;
    private Tensor givenVariance;
    private Update update;
    private Known known;
    private long[] statisticsShape = {};
    // Of scale and shift; null without them.
    private long[] modulationShape;
    // Null for a tensor of its own.
    private ForwardProblem whole;

    /** Running statistics that this pass changes; either tensor may be null. */
    private record Update(Tensor runningMean, Tensor runningVar, double factor, long averaged) {}

    /** Statistics that were computed before. The pass owns the tensors. */
    record Known(Saved saved, Tensor variance, long setSize) {}

    Pass(String operation, Tensor input, Geometry geometry, Statistics statistics, double eps, Options options) {
        this.operation = operation;
        this.input = input;
        this.geometry = geometry;
        this.statistics = statistics;
        this.eps = Requests.eps(eps);
        this.options = options;
    }

    /** Gamma and beta, each of any type, or null; their shapes are already checked. */
    Pass affine(Tensor gamma, Tensor beta) {
        return affine(gamma, beta, 0);
    }

    /** The same, with a number that is added to each gamma. */
    Pass affine(Tensor gamma, Tensor beta, double offset) {
        weight = gamma;
        bias = beta;
        weightOffset = offset;
        return this;
    }

    /** The statistics of {@link Statistics#GIVEN}; their shapes are already checked. */
    Pass given(Tensor mean, Tensor variance) {
        givenMean = mean;
        givenVariance = variance;
        return this;
    }

    /** Running statistics to update by the mean over `averaged` samples. */
    Pass update(Tensor runningMean, Tensor runningVar, double factor, long averaged) {
        update = runningMean == null && runningVar == null
                ? null
                : new Update(runningMean, runningVar, factor, averaged);
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

    /** The shape of scale and shift, if the options have them. */
    Pass modulated(long... shape) {
        modulationShape = shape;
        return this;
    }

    /** The input is a part of a tensor whose other parts are computed before and after it; null if it is not. */
    Pass partOf(ForwardProblem tensor) {
        whole = tensor;
        return this;
    }

    /** The bias if backward reads it, else null. */
    Tensor biasOfBackward() {
        return options.activation() == Activation.NONE && modulationShape == null ? null : bias;
    }

    /** The shift if backward reads it, else null. */
    Tensor shiftOfBackward() {
        return options.activation() == Activation.NONE ? null : options.shift();
    }

    Tensor weight() {
        return weight;
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
                written(by, update.runningMean, update.runningVar);
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
            ForwardProblem problem = problem(PassParameters.type(input, weight, bias));
            Engine.enqueue(
                    session,
                    problem,
                    Phase.RESULTS,
                    session.planner().split(problem),
                    new ForwardBuffers(
                            input.buffer(),
                            buffer(options.residual()),
                            buffer(weight),
                            buffer(bias),
                            output.buffer(),
                            buffer(options.sum()),
                            saved.mean().buffer(),
                            saved.meanLo().buffer(),
                            null,
                            saved.rstd().buffer()),
                    Reals.of(input.type(), "eps", eps));
        }
        if (update != null) {
            learn(saved.mean().buffer(), known.variance.buffer(), saved.mean().elements(), known.setSize);
        }
        known.variance.close();
        if (saves) {
            return new Normalized(output, saved.mean(), saved.meanLo(), saved.rstd());
        }
        saved.close();
        return new Normalized(output, null, null, null);
    }

    private void learn(DeviceBuffer mean, DeviceBuffer variance, long sets, long setSize) {
        RunningStatistics.enqueue(
                input.backend().session(),
                input.type().accumulator(),
                new RunningStatistics.Batch(mean, variance, update.averaged, sets / update.averaged, setSize),
                buffer(update.runningMean),
                buffer(update.runningVar),
                update.factor);
    }

    private ForwardProblem problem(ElementType parameters) {
        return new ForwardProblem(
                geometry,
                statistics,
                input.type(),
                parameters,
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
                learn(meanBuffer, batchVariance, geometry.sets(), geometry.setSize());
            }
        }
    }

    private PassParameters affine() {
        Modulation modulation = PassParameters.modulation(input, weight, bias, weightOffset, options.scaleShift());
        return modulation == null
                ? PassParameters.of(input, weight, bias)
                : PassParameters.of(input, modulation, bias != null || options.shift() != null);
    }

    private DeviceBuffer statistic(Session session) {
        return session.allocate(geometry.sets() * input.type().accumulator().bytes());
    }

    private void check() {
        input.requireUsable("input");
        Reals.of(input.type(), "eps", eps);
        Reals.of(input.type(), "weight_offset", weightOffset);
        if (update != null) {
            Reals.of(input.type(), "momentum", update.factor);
        }
        Checks.like(input, "residual", options.residual());
        Checks.like(input, "sum", options.sum());
        Checks.like(input, "output", options.output());
        Checks.openHere(input, "weight", weight);
        Checks.openHere(input, "bias", bias);
        Checks.openHere(input, "running_mean", givenMean);
        Checks.openHere(input, "running_var", givenVariance);
        if (update != null) {
            Checks.openHere(input, "running_mean", update.runningMean);
            Checks.openHere(input, "running_var", update.runningVar);
        }
        Checks.oneType(weight, bias);
        long samples = modulationShape == null ? 1 : modulationShape[0];
        Checks.ofGeometry(geometry, samples, "weight", weight);
        Checks.ofGeometry(geometry, samples, "bias", bias);
        if (modulationShape != null) {
            options.scaleShift().check(input, modulationShape);
        }
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
            checkUpdate(update.runningMean, update.runningVar);
            checkUpdate(update.runningVar, update.runningMean);
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
            for (Tensor read :
                    Arrays.asList(weight, bias, options.scale(), options.shift(), givenMean, givenVariance)) {
                if (written != null && read != null && written.sharesMemoryWith(read)) {
                    throw new IllegalArgumentException(
                            "cannot work in place: the tensor of shape " + Shapes.text(written.sizes())
                                    + " holds parameters, which every work-group reads until the end");
                }
            }
        }
    }

    /** Rejects buffers of a caller whose flags forbid what the kernels do. */
    private void checkAccess() {
        Checks.readable("input", input);
        Checks.readable("residual", options.residual());
        Checks.readable("weight", weight);
        Checks.readable("bias", bias);
        Checks.readable("running_mean", givenMean);
        Checks.readable("running_var", givenVariance);
        Checks.writable("output", options.output());
        Checks.writable("sum", options.sum());
        if (update != null) {
            Checks.readable("running_mean", update.runningMean);
            Checks.readable("running_var", update.runningVar);
            Checks.writable("running_mean", update.runningMean);
            Checks.writable("running_var", update.runningVar);
        }
    }

    /** Running statistics are written last, so they must not share memory with another tensor of the pass. */
    private void checkUpdate(Tensor statistic, Tensor other) {
        for (Tensor tensor : Arrays.asList(
                other,
                input,
                weight,
                bias,
                options.scale(),
                options.shift(),
                options.residual(),
                options.output(),
                options.sum())) {
            if (statistic != null && tensor != null && tensor.sharesMemoryWith(statistic)) {
                throw new IllegalArgumentException(
                        "Expected running_mean and running_var in tensors of their own, but got one" + " of shape "
                                + Shapes.text(statistic.sizes()) + " that is used twice");
            }
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
