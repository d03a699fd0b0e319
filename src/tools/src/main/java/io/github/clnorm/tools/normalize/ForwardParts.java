package io.github.clnorm.tools.normalize;

import io.github.clnorm.Backend;
import io.github.clnorm.Normalized;
import io.github.clnorm.Options;
import io.github.clnorm.Tensor;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.Pipeline;
import io.github.clnorm.internal.runtime.Reals;
import io.github.clnorm.internal.runtime.RunningStatistics;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.internal.stream.ForwardTensors;
import io.github.clnorm.internal.stream.SetStatistics;
import io.github.clnorm.internal.stream.StreamDevices;
import io.github.clnorm.internal.stream.StreamedForward;
import io.github.clnorm.tensorfile.Elements;
import io.github.clnorm.tensorfile.Sink;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Tuning;
import java.io.IOException;

/** Computes the parts of a forward pass, and collects their results. */
final class ForwardParts {

    private final Request request;
    private final RunCommand.Outputs outputs;
    private final double momentum;
    private final long mostChecked;
    private final Backend backend;
    private final ParameterValues parameters;
    private final DeviceParameters onDevice;
    private final Timing timing = new Timing();
    private final StatisticsOutput statistics;
    private Plan plan;
    private FirstSamples checked;
    private double[] before;
    private double[] after;

    /** The open files; residual and sum may be null. */
    private record Files(Elements input, Elements residual, Sink output, Sink sum) {}

    /**
     * The results of all parts.
     *
     * @param plan of the first part; null for an empty tensor, which needs none
     * @param timing of all launches
     * @param checkedSamples how many of the first samples are in x and y
     * @param x input, with residual, of those samples; null if there are none
     * @param y their results
     */
    record Results(Plan plan, Timing timing, long checkedSamples, double[] x, double[] y) {}

    ForwardParts(
            Request request,
            RunCommand.Outputs outputs,
            double momentum,
            long mostChecked,
            Backend backend,
            ParameterValues parameters,
            DeviceParameters onDevice) {
        this.request = request;
        this.outputs = outputs;
        this.momentum = momentum;
        this.mostChecked = mostChecked;
        this.backend = backend;
        this.parameters = parameters;
        this.onDevice = onDevice;
        statistics = new StatisticsOutput(request, outputs);
    }

    /** Computes all parts, and writes their results. */
    Results run(Parts parts, TensorOutput files) throws IOException {
        try (Elements input = request.input.elements();
                Elements residual = request.residual == null ? null : request.residual.elements();
                Sink output = files.create(outputs.output(), request.type, request.shape);
                Sink sum = outputs.sum() == null ? null : files.create(outputs.sum(), request.type, request.shape)) {
            Files opened = new Files(input, residual, output, sum);
            if (parts.inPieces()) {
                inPieces(opened);
            } else if (parts.areStreamed()) {
                stream(parts, opened);
            } else {
                for (Parts.Part part : parts) {
                    run(part, opened);
                }
            }
        }
        statistics.write(files, parameters, onDevice);
        return new Results(plan, timing, checked.samples(), before, after);
    }

    private void run(Parts.Part part, Files files) {
        try (Tensor x = FileTransfers.upload(backend, request.type, files.input, part);
                Tensor added = FileTransfers.upload(backend, request.type, files.residual, part);
                Tensor total = files.sum == null ? null : backend.empty(request.type, part.shape())) {
            pass(part, x, added, total);
            FileTransfers.write(x, files.output);
            FileTransfers.write(total, files.sum);
        }
    }

    /** Reads a part, computes the one before, and writes the one before that, all at the same time. */
    private void stream(Parts parts, Files files) {
        PartBuffers x = PartBuffers.of(true, backend, request.type, parts);
        PartBuffers added = PartBuffers.of(files.residual != null, backend, request.type, parts);
        PartBuffers total = PartBuffers.of(files.sum != null, backend, request.type, parts);
        Pipeline.runInterruptibly(
                parts.count(),
                Parts.IN_FLIGHT,
                1,
                (piece, slot) -> {
                    x.read(slot, parts.part(piece), files.input);
                    added.read(slot, parts.part(piece), files.residual);
                },
                (piece, slot) -> {
                    Parts.Part part = parts.part(piece);
                    try (Tensor input = x.upload(slot, part);
                            Tensor residual = added.upload(slot, part);
                            Tensor sum = total.target(slot, part)) {
                        pass(part, input, residual, sum);
                        x.download(slot, part, input);
                        total.download(slot, part, sum);
                    }
                },
                (piece, slot) -> {
                    x.write(slot, parts.part(piece), files.output);
                    total.write(slot, parts.part(piece), files.sum);
                });
    }

    /** Replaces x by its result. */
    private void pass(Parts.Part part, Tensor x, Tensor added, Tensor total) {
        if (part.first() == 0) {
            checked = new FirstSamples(request, part, mostChecked);
            before = checked.of(x, added);
        }
        if (request.tuning == Tuning.NOW && x.elements() > 0) {
            // The search is not part of the time in the summary.
            backend.session().planner().plan(request.problem(total != null, part.shape()));
        }
        // In place: the device holds the input only once.
        Normalized[] result = new Normalized[1];
        try (PartModulation own = PartModulation.of(request, backend, parameters, part)) {
            Options options =
                    Options.DEFAULTS.residual(added).sum(total).output(x).scaleShift(own.scale(), own.shift());
            timing.addPart(backend.session().timed(() -> result[0] = request.run(x, onDevice, momentum, options)));
        }
        if (part.first() == 0) {
            after = checked.of(x);
            plan = x.elements() == 0
                    ? null
                    : backend.session().planner().plan(request.problem(total != null, part.shape()));
        }
        statistics.add(result[0]);
    }

    /** Computes a large batch, or large samples, in pieces. */
    private void inPieces(Files files) {
        Session session = backend.session();
        ElementType real = request.type.accumulator();
        ForwardProblem problem = request.problem(files.sum != null, request.shape);
        SetStatistics ofSets =
                StreamedPass.statistics(request, parameters, problem.geometry().sets());
        int tensors = 1 + (files.residual != null ? 1 : 0) + (files.sum != null ? 1 : 0);
        checked = new FirstSamples(request, mostChecked);
        if (checked.elements() > 0) {
            before = StreamedPass.first(files.input, files.residual, request.type, checked.elements());
            after = new double[checked.elements()];
        }
        StreamedForward pass = new StreamedForward(
                StreamDevices.of(session),
                problem,
                StreamedPass.affine(real, parameters),
                Reals.of(request.type, "eps", request.eps),
                StreamedPass.pieceElements(request, backend.device(), tensors));
        ForwardTensors all = new ForwardTensors(
                StreamedPass.source(files.input),
                StreamedPass.source(files.residual),
                StreamedPass.keepingFirst(StreamedPass.target(files.output), request.type, after),
                StreamedPass.target(files.sum));
        timing.addPieces(session.timed(() -> pass.run(all, ofSets)));
        plan = session.planner().split(problem);
        if (!request.isEval()) {
            statistics.add(ofSets);
            update(session, ofSets, problem.geometry());
        }
    }

    /** Updates the running statistics, if there are any. */
    private void update(Session session, SetStatistics ofSets, Geometry geometry) {
        if (onDevice.runningMean() == null) {
            return;
        }
        ElementType real = request.type.accumulator();
        long channels = request.channels();
        try (Tensor mean = backend.tensor(real, ofSets.mean().bytes(), geometry.sets());
                Tensor variance = backend.tensor(real, ofSets.variance().bytes(), geometry.sets())) {
            RunningStatistics.enqueue(
                    session,
                    real,
                    new RunningStatistics.Batch(
                            mean.buffer(), variance.buffer(), geometry.sets() / channels, channels, geometry.setSize()),
                    onDevice.runningMean().buffer(),
                    onDevice.runningVar().buffer(),
                    Reals.of(request.type, "momentum", momentum));
        }
    }
}
