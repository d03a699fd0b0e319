package io.github.clnorm.tools.normalize;

import io.github.clnorm.Backend;
import io.github.clnorm.GradientOptions;
import io.github.clnorm.Gradients;
import io.github.clnorm.Options;
import io.github.clnorm.Saved;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.opencl.OpenCl;
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
import io.github.clnorm.tools.terminal.CommandClock;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Tuning;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/**
 * Runs a backward pass from files to files. The device first runs the forward pass for its statistics. A tensor that
 * exceeds the device's largest buffer, or its memory, is processed a few samples at a time. A sample that does, or a batch with
 * statistics of its own, goes through the device in pieces.
 *
 * <p>Gradients of parameters are sums over all samples. The sums of the blocks of all parts are merged at the end, so a division
 * into parts changes no bit.
 */
final class Grad {

    private final Request request;
    private final TensorFile gradOutput;
    private final GradCommand.Outputs outputs;
    private final DeviceInfo device;
    private final long mostChecked;
    private Function<DeviceInfo, OpenCl> opener = info -> JoclOpenCl.openBriefly(info, true);

    /**
     * The result, for the summary.
     *
     * @param plan of the backward pass of the first part; null for an empty tensor, which needs none
     * @param timing of the launches of the backward pass
     * @param problem of the first part; null for an empty tensor
     * @param check the first samples, compared with float64; null if none were compared
     */
    record Result(Plan plan, Timing timing, BackwardProblem problem, GradCheck check) {}

    /**
     * The first samples, before and after the pass.
     *
     * @param samples their number
     * @param x input, with residual; null if there are no samples
     * @param dy gradient of the output
     * @param dx gradient of the input
     */
    private record Checked(long samples, double[] x, double[] dy, double[] dx) {}

    Grad(Request request, TensorFile gradOutput, GradCommand.Outputs outputs, DeviceInfo device, long mostChecked) {
        this.request = request;
        this.gradOutput = gradOutput;
        this.outputs = outputs;
        this.device = device;
        this.mostChecked = mostChecked;
    }

    Result run() throws IOException {
        int tensors = 2 + (request.residual != null ? 1 : 0);
        Parts parts = outputs.sums()
                ? Parts.few(request, device, tensors, request.samplesStandAlone())
                : new Parts(request, device, tensors, request.samplesStandAlone());
        parts.requireWholeSamples();
        if (request.isModulated() && outputs.sums() && parts.count() > 1) {
            throw new IllegalArgumentException(request.input + ": the device takes the samples in " + parts.count()
                    + " parts, and gradients of the weight and the bias with --scale or --shift take all samples at"
                    + " once; expected a device with more memory, or neither --grad-weight nor --grad-bias");
        }
        ParameterValues parameters = request.parameters.read(outputs.weight() != null, outputs.bias() != null);
        try (TensorOutput files = new TensorOutput()) {
            Passes passes;
            // Closed before any file is replaced: if the device fails here, the old files stay.
            try (Backend backend = CommandClock.open(opener.apply(device), device, request.tuning)) {
                passes = new Passes(backend, parameters, DeviceParameters.of(request, backend, parameters, false));
                passes.run(parts, files);
            }
            passes.weight.write(
                    files, outputs.weight(), request.parameters.weightType(), request.parameters.weightShape());
            passes.bias.write(files, outputs.bias(), request.parameters.biasType(), request.parameters.biasShape());
            if (request.isModulated()) {
                passes.scale.write(
                        files, outputs.scale(), request.parameters.scaleType(), request.parameters.modulationShape());
                passes.shift.write(
                        files, outputs.shift(), request.parameters.shiftType(), request.parameters.modulationShape());
            }
            GradCheck check = check(parameters, passes.checked);
            if (check != null) {
                check.verify();
            }
            files.commit();
            return new Result(passes.plan, passes.timing, passes.problem, check);
        }
    }

    private GradCheck check(ParameterValues parameters, Checked checked) {
        return checked == null || checked.dx == null
                ? null
                : new GradCheck(request, parameters, checked.samples, checked.x, checked.dy, checked.dx);
    }

    /** Runs with another OpenCL port than JOCL's. */
    Grad through(Function<DeviceInfo, OpenCl> port) {
        opener = port;
        return this;
    }

    /** The open files; residual and dx may be null. */
    private record Files(Elements input, Elements dy, Elements residual, Sink dx) {}

    /** Runs the passes over the parts, and collects their results. */
    private final class Passes {
        private final Backend backend;
        private final ParameterValues parameters;
        private final DeviceParameters onDevice;
        private final Timing timing = new Timing();
        private final Sum weight = new Sum();
        private final Sum bias = new Sum();
        private final GradientsOfSamples scale = new GradientsOfSamples();
        private final GradientsOfSamples shift = new GradientsOfSamples();
        private BackwardProblem problem;
        private Plan plan;
        private Checked checked;

        Passes(Backend backend, ParameterValues parameters, DeviceParameters onDevice) {
            this.backend = backend;
            this.parameters = parameters;
            this.onDevice = onDevice;
        }

        void run(Parts parts, TensorOutput files) throws IOException {
            try (Elements input = request.input.elements();
                    Elements dy = gradOutput.elements();
                    Elements residual = request.residual == null ? null : request.residual.elements();
                    Sink dx = outputs.input() == null
                            ? null
                            : files.create(outputs.input(), request.type, request.shape)) {
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

        /**
         * Computes samples, or a batch, that are large. Also gradients of parameters of a batch that is: the
         * sums of all blocks are merged at the end.
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
                    StreamedPass.pieceElements(request, device, tensors));
            BackwardTensors all = new BackwardTensors(
                    StreamedPass.source(opened.input),
                    StreamedPass.source(opened.residual),
                    StreamedPass.source(opened.dy),
                    StreamedPass.keepingFirst(StreamedPass.target(opened.dx), request.type, dx));
            SetStatistics ofSets = StreamedPass.statistics(request, parameters, whole.sets());
            timing.addPieces(session.timed(() -> pass.run(all, ofSets, request.isEval(), gradWeight, gradBias)));
            plan = session.planner().split(problem);
            weight.set(gradWeight);
            bias.set(gradBias);
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
                    Tensor added = opened.residual == null
                            ? null
                            : FileTransfers.upload(backend, request.type, opened.residual, part);
                    Tensor gradient = backend.empty(request.type, part.shape());
                    Saved saved = statistics(x, added, gradient)) {
                FileTransfers.fill(gradient, opened.dy, part);
                gradients(part, x, added, gradient, saved);
                if (opened.dx != null) {
                    FileTransfers.write(gradient, opened.dx);
                }
            }
        }

        /** Reads a part, computes the one before, and writes the one before that, all at the same time. */
        private void stream(Parts parts, Files opened) {
            List<PartBuffers> x = PartBuffers.inFlight(backend, request.type, parts);
            List<PartBuffers> dy = PartBuffers.inFlight(backend, request.type, parts);
            List<PartBuffers> added =
                    opened.residual == null ? null : PartBuffers.inFlight(backend, request.type, parts);
            Pipeline.runInterruptibly(
                    parts.count(),
                    Parts.IN_FLIGHT,
                    1,
                    (piece, slot) -> {
                        Parts.Part part = parts.part(piece);
                        x.get(slot).read(opened.input, part);
                        dy.get(slot).read(opened.dy, part);
                        if (added != null) {
                            added.get(slot).read(opened.residual, part);
                        }
                    },
                    (piece, slot) -> {
                        Parts.Part part = parts.part(piece);
                        try (Tensor input = x.get(slot).upload(part);
                                Tensor residual =
                                        added == null ? null : added.get(slot).upload(part);
                                Tensor unused = backend.empty(request.type, part.shape());
                                Saved saved = statistics(input, residual, unused);
                                Tensor gradient = dy.get(slot).upload(part)) {
                            gradients(part, input, residual, gradient, saved);
                            dy.get(slot).download(gradient, part);
                        }
                    },
                    (piece, slot) -> {
                        if (opened.dx != null) {
                            dy.get(slot).write(parts.part(piece), opened.dx);
                        }
                    });
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
            weight.set(result[0].weight());
            bias.set(result[0].bias());
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

    /** The gradient of a parameter. */
    private final class Sum {
        private double[] values;

        /** Takes the gradient of the only part, and closes it. Null is ignored: the gradient is not wanted. */
        void set(Tensor gradient) {
            if (gradient != null) {
                try (gradient) {
                    values = gradient.toDoubles();
                }
            }
        }

        /** The same of pieces. */
        void set(HostValues gradient) {
            if (gradient != null) {
                values = HostValues.doubles(gradient);
            }
        }

        void write(TensorOutput files, String specification, ElementType type, long... shape) throws IOException {
            if (specification != null) {
                files.write(specification, type, values, shape);
            }
        }
    }
}
