package io.github.clnorm.tools.normalize;

import io.github.clnorm.Backend;
import io.github.clnorm.GradientOptions;
import io.github.clnorm.Gradients;
import io.github.clnorm.Options;
import io.github.clnorm.Saved;
import io.github.clnorm.Tensor;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.Pipeline;
import io.github.clnorm.internal.runtime.Reals;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.internal.stream.BackwardTensors;
import io.github.clnorm.internal.stream.HostValues;
import io.github.clnorm.internal.stream.SetStatistics;
import io.github.clnorm.internal.stream.StreamDevices;
import io.github.clnorm.internal.stream.StreamedBackward;
import io.github.clnorm.tensorfile.Elements;
import io.github.clnorm.tensorfile.Sink;
import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Tuning;
import java.io.IOException;

/** Computes the parts of a backward pass, and collects their results. */
final class BackwardParts {

    private final Request request;
    private final TensorFile gradOutput;
    private final GradCommand.Outputs outputs;
    private final long mostChecked;
    private final Backend backend;
    private final ParameterValues parameters;
    private final DeviceParameters onDevice;
    private final Timing timing = new Timing();
    private final GradientOutput weight = new GradientOutput();
    private final GradientOutput bias = new GradientOutput();
    private final GradientOutput scale = new GradientOutput();
    private final GradientOutput shift = new GradientOutput();
    private BackwardProblem problem;
    private Plan plan;
    private Checked checked;

    /** The open files; residual and dx may be null. */
    private record Files(Elements input, Elements dy, Elements residual, Sink dx) {}

    /**
     * The first samples, before and after the pass.
     *
     * @param samples their number
     * @param x input, with residual; null if there are no samples
     * @param dy gradient of the output
     * @param dx gradient of the input
     */
    record Checked(long samples, double[] x, double[] dy, double[] dx) {}

    BackwardParts(
            Request request,
            TensorFile gradOutput,
            GradCommand.Outputs outputs,
            long mostChecked,
            Backend backend,
            ParameterValues parameters) {
        this.request = request;
        this.gradOutput = gradOutput;
        this.outputs = outputs;
        this.mostChecked = mostChecked;
        this.backend = backend;
        this.parameters = parameters;
        onDevice = DeviceParameters.of(request, backend, parameters, false);
    }

    /** Computes all parts. Writes dx, and keeps the gradients of parameters for {@link #write}. */
    void run(Parts parts, TensorOutput files) throws IOException {
        try (Elements input = request.input.elements();
                Elements dy = gradOutput.elements();
                Elements residual = request.residual == null ? null : request.residual.elements();
                Sink dx = outputs.input() == null ? null : files.create(outputs.input(), request.type, request.shape)) {
            Files opened = new Files(input, dy, residual, dx);
            if (parts.inPieces() || outputs.sums() && parts.count() > 1) {
                inPieces(opened);
            } else if (parts.areStreamed()) {
                stream(parts, opened);
            } else {
                for (Parts.Part part : parts) {
                    run(part, opened);
                }
            }
        }
    }

    /** Writes the gradients of parameters. */
    void write(TensorOutput files) throws IOException {
        ParameterFiles given = request.parameters;
        weight.write(files, outputs.weight(), given.weightType(), given.weightShape());
        bias.write(files, outputs.bias(), given.biasType(), given.biasShape());
        if (request.isModulated()) {
            scale.write(files, outputs.scale(), given.scaleType(), given.modulationShape());
            shift.write(files, outputs.shift(), given.shiftType(), given.modulationShape());
        }
    }

    /** The backward problem of the first part; null for an empty tensor. */
    BackwardProblem problem() {
        return problem;
    }

    /** The plan of the first part; null for an empty tensor, which needs none. */
    Plan plan() {
        return plan;
    }

    Timing timing() {
        return timing;
    }

    /** The first samples; null if none are compared with float64. */
    Checked checked() {
        return checked;
    }

    /**
     * Computes a large batch, or large samples, in pieces. Gradients of parameters always take this way if there are
     * several parts: the sums of all blocks are merged at the end.
     */
    private void inPieces(Files opened) {
        Session session = backend.session();
        ElementType real = request.type.accumulator();
        boolean ofWeight = outputs.weight() != null;
        boolean ofBias = outputs.bias() != null;
        problem = request.gradientProblem(opened.dx != null, ofWeight, ofBias, request.shape);
        Geometry whole = problem.geometry();
        FirstSamples first = new FirstSamples(request, opened.dx == null ? 0 : mostChecked);
        double[] dx = first.elements() == 0 ? null : new double[first.elements()];
        HostValues gradWeight = ofWeight ? HostValues.of(real, whole.parameters()) : null;
        HostValues gradBias = ofBias ? HostValues.of(real, whole.parameters()) : null;
        int tensors = 2 + (opened.residual == null ? 0 : 1);
        StreamedBackward pass = new StreamedBackward(
                StreamDevices.of(session),
                problem,
                StreamedPass.affine(real, parameters),
                Reals.of(request.type, "eps", request.eps),
                StreamedPass.pieceElements(request, backend.device(), tensors));
        BackwardTensors all = new BackwardTensors(
                StreamedPass.source(opened.input),
                StreamedPass.source(opened.residual),
                StreamedPass.source(opened.dy),
                StreamedPass.keepingFirst(StreamedPass.target(opened.dx), request.type, dx));
        SetStatistics ofSets = StreamedPass.statistics(request, parameters, whole.sets());
        timing.addPieces(session.timed(() -> pass.run(all, ofSets, request.isEval(), gradWeight, gradBias)));
        plan = session.planner().split(problem);
        weight.add(gradWeight);
        bias.add(gradBias);
        if (dx != null) {
            checked = new Checked(
                    first.samples(),
                    StreamedPass.first(opened.input, opened.residual, request.type, dx.length),
                    StreamedPass.first(opened.dy, null, request.type, dx.length),
                    dx);
        }
    }

    private void run(Parts.Part part, Files opened) {
        // Holds y, which is not needed, then dy, then dx: the device needs room for two tensors instead of four.
        try (Tensor x = FileTransfers.upload(backend, request.type, opened.input, part);
                Tensor added = FileTransfers.upload(backend, request.type, opened.residual, part);
                Tensor gradient = backend.empty(request.type, part.shape());
                Saved saved = statistics(x, added, gradient)) {
            FileTransfers.fill(gradient, opened.dy, part);
            gradients(part, x, added, gradient, saved);
            FileTransfers.write(gradient, opened.dx);
        }
    }

    /** Reads a part, computes the one before, and writes the one before that, all at the same time. */
    private void stream(Parts parts, Files opened) {
        PartBuffers x = PartBuffers.of(true, backend, request.type, parts);
        PartBuffers dy = PartBuffers.of(true, backend, request.type, parts);
        PartBuffers added = PartBuffers.of(opened.residual != null, backend, request.type, parts);
        Pipeline.runInterruptibly(
                parts.count(),
                Parts.IN_FLIGHT,
                1,
                (piece, slot) -> {
                    Parts.Part part = parts.part(piece);
                    x.read(slot, part, opened.input);
                    dy.read(slot, part, opened.dy);
                    added.read(slot, part, opened.residual);
                },
                (piece, slot) -> {
                    Parts.Part part = parts.part(piece);
                    try (Tensor input = x.upload(slot, part);
                            Tensor residual = added.upload(slot, part);
                            Tensor unused = backend.empty(request.type, part.shape());
                            Saved saved = statistics(input, residual, unused);
                            Tensor gradient = dy.upload(slot, part)) {
                        gradients(part, input, residual, gradient, saved);
                        dy.download(slot, part, gradient);
                    }
                },
                (piece, slot) -> dy.write(slot, parts.part(piece), opened.dx));
    }

    /** The statistics by which every set is normalized; null if they are given. The output is overwritten. */
    private Saved statistics(Tensor x, Tensor residual, Tensor output) {
        if (request.isEval()) {
            return null;
        }
        // Scale and shift change no statistics.
        Options options = Options.DEFAULTS.residual(residual).output(output);
        return request.run(x, onDevice, 0, options).saved();
    }

    /** Computes dx from dy in place, if dx is wanted. */
    private void gradients(Parts.Part part, Tensor x, Tensor residual, Tensor gradient, Saved saved) {
        boolean ofInput = outputs.input() != null;
        boolean ofWeight = outputs.weight() != null;
        boolean ofBias = outputs.bias() != null;
        FirstSamples first = part.first() == 0 ? new FirstSamples(request, part, ofInput ? mostChecked : 0) : null;
        double[] before = first == null ? null : first.of(x, residual);
        double[] dy = first == null ? null : first.of(gradient);
        GradientOptions options = GradientOptions.DEFAULTS
                .residual(residual)
                .wanted(ofInput, ofWeight, ofBias)
                .output(ofInput ? gradient : null);
        if (request.tuning == Tuning.NOW && x.elements() > 0) {
            // The search is not part of the time in the summary.
            backend.session().planner().plan(request.gradientProblem(ofInput, ofWeight, ofBias, part.shape()));
        }
        Gradients[] result = new Gradients[1];
        try (PartModulation own = PartModulation.of(request, backend, parameters, part)) {
            GradientOptions all = options.scaleShift(own.scale(), own.shift());
            timing.addPart(
                    backend.session().timed(() -> result[0] = request.backward(gradient, x, onDevice, saved, all)));
        }
        weight.add(result[0].weight());
        bias.add(result[0].bias());
        scale.add(result[0].scale());
        shift.add(result[0].shift());
        if (first != null) {
            checked = ofInput ? new Checked(first.samples(), before, dy, first.of(gradient)) : null;
            if (x.elements() > 0) {
                problem = request.gradientProblem(ofInput, ofWeight, ofBias, part.shape());
                plan = backend.session().planner().plan(problem);
            }
        }
    }
}
