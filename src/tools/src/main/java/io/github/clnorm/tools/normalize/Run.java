package io.github.clnorm.tools.normalize;

import io.github.clnorm.Backend;
import io.github.clnorm.Normalized;
import io.github.clnorm.Options;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.Pipeline;
import io.github.clnorm.internal.runtime.Reals;
import io.github.clnorm.internal.runtime.RunningStatistics;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.internal.stream.ForwardTensors;
import io.github.clnorm.internal.stream.HostValues;
import io.github.clnorm.internal.stream.SetStatistics;
import io.github.clnorm.internal.stream.StreamDevices;
import io.github.clnorm.internal.stream.StreamedForward;
import io.github.clnorm.tensorfile.Elements;
import io.github.clnorm.tensorfile.Sink;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.tools.terminal.CommandClock;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Tuning;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Runs a forward pass from files to files. Tensors are transferred in pieces, so Java's heap does not limit their size.
 * A tensor that exceeds the device's largest buffer, or its memory, is processed a few samples at a time. A sample that does,
 * or a batch with statistics of its own, goes through the device twice in pieces.
 */
final class Run {

    private final Request request;
    private final RunCommand.Outputs outputs;
    private final double momentum;
    private final DeviceInfo device;
    private final long mostChecked;
    private Function<DeviceInfo, OpenCl> opener = info -> JoclOpenCl.openBriefly(info, true);

    /**
     * The result, for the summary.
     *
     * @param plan of the first part; null for an empty tensor, which needs none
     * @param timing of all launches
     * @param check the first samples, compared with float64; null if none were compared
     */
    record Result(Plan plan, Timing timing, RunCheck check) {}

    /**
     * The results of the passes.
     *
     * @param plan of the first part
     * @param timing of all launches
     * @param checkedSamples how many of the first samples are in x and y
     * @param x input, with residual, of those samples; null if there are none
     * @param y their results
     */
    private record Passes(Plan plan, Timing timing, long checkedSamples, double[] x, double[] y) {}

    Run(Request request, RunCommand.Outputs outputs, double momentum, DeviceInfo device, long mostChecked) {
        this.request = request;
        this.outputs = outputs;
        this.momentum = momentum;
        this.device = device;
        this.mostChecked = mostChecked;
    }

    /** Runs with another OpenCL port than JOCL's. */
    Run through(Function<DeviceInfo, OpenCl> port) {
        opener = port;
        return this;
    }

    Result run() throws IOException {
        boolean updates = outputs.runningMean() != null || outputs.runningVar() != null;
        int tensors = 1 + (request.residual != null ? 1 : 0) + (outputs.sum() != null ? 1 : 0);
        Parts parts = new Parts(request, device, tensors, request.samplesStandAlone() && !updates);
        parts.requireWholeSamples();
        ParameterValues parameters = request.parameters.read();
        try (TensorOutput files = new TensorOutput()) {
            Passes passes;
            // Closed before any file is replaced: if the device fails here, the old files stay.
            try (Backend backend = CommandClock.open(opener.apply(device), device, request.tuning)) {
                DeviceParameters onDevice = DeviceParameters.of(request, backend, parameters, updates);
                passes = run(backend, files, parameters, onDevice, parts);
            }
            RunCheck check = passes.x == null || passes.y == null
                    ? null
                    : new RunCheck(
                            request, parameters, passes.checkedSamples, passes.x, passes.y, RunSummary.SETS_SHOWN);
            if (check != null) {
                check.verify();
            }
            files.commit();
            return new Result(passes.plan, passes.timing, check);
        }
    }

    private Passes run(
            Backend backend, TensorOutput files, ParameterValues parameters, DeviceParameters onDevice, Parts parts)
            throws IOException {
        Work work = new Work(backend, parameters, onDevice);
        try (Elements input = request.input.elements();
                Elements residual = request.residual == null ? null : request.residual.elements();
                Sink output = files.create(outputs.output(), request.type, request.shape);
                Sink sum = outputs.sum() == null ? null : files.create(outputs.sum(), request.type, request.shape)) {
            if (parts.inPieces()) {
                work.inPieces(new Files(input, residual, output, sum));
            } else if (parts.areStreamed()) {
                stream(work, parts, new Files(input, residual, output, sum));
            } else {
                for (Parts.Part part : parts) {
                    try (Tensor x = FileTransfers.upload(backend, request.type, input, part);
                            Tensor added = residual == null
                                    ? null
                                    : FileTransfers.upload(backend, request.type, residual, part);
                            Tensor total = sum == null ? null : backend.empty(request.type, part.shape())) {
                        work.pass(part, x, added, total);
                        FileTransfers.write(x, output);
                        if (total != null) {
                            FileTransfers.write(total, sum);
                        }
                    }
                }
            }
        }
        work.statistics.write(files, parameters, onDevice);
        return work.passes();
    }

    /** The open files; residual and sum may be null. */
    private record Files(Elements input, Elements residual, Sink output, Sink sum) {}

    /** Reads a part, computes the one before, and writes the one before that, all at the same time. */
    private void stream(Work work, Parts parts, Files files) {
        List<PartBuffers> x = PartBuffers.inFlight(work.backend, request.type, parts);
        List<PartBuffers> added =
                files.residual == null ? null : PartBuffers.inFlight(work.backend, request.type, parts);
        List<PartBuffers> total = files.sum == null ? null : PartBuffers.inFlight(work.backend, request.type, parts);
        Pipeline.runInterruptibly(
                parts.count(),
                Parts.IN_FLIGHT,
                1,
                (piece, slot) -> {
                    x.get(slot).read(files.input, parts.part(piece));
                    if (added != null) {
                        added.get(slot).read(files.residual, parts.part(piece));
                    }
                },
                (piece, slot) -> {
                    Parts.Part part = parts.part(piece);
                    try (Tensor input = x.get(slot).upload(part);
                            Tensor residual = files.residual == null
                                    ? null
                                    : added.get(slot).upload(part);
                            Tensor sum = total == null ? null : total.get(slot).target(part)) {
                        work.pass(part, input, residual, sum);
                        x.get(slot).download(input, part);
                        if (sum != null) {
                            total.get(slot).download(sum, part);
                        }
                    }
                },
                (piece, slot) -> {
                    x.get(slot).write(parts.part(piece), files.output);
                    if (total != null) {
                        total.get(slot).write(parts.part(piece), files.sum);
                    }
                });
    }

    /** Computes the parts, one after the other, and collects their results. */
    private final class Work {
        private final Backend backend;
        private final ParameterValues parameters;
        private final DeviceParameters onDevice;
        private final Timing timing = new Timing();
        private final Statistics statistics = new Statistics();
        private Plan plan;
        private FirstSamples checked;
        private double[] before;
        private double[] after;

        Work(Backend backend, ParameterValues parameters, DeviceParameters onDevice) {
            this.backend = backend;
            this.parameters = parameters;
            this.onDevice = onDevice;
        }

        /** Replaces x by its result. */
        void pass(Parts.Part part, Tensor x, Tensor added, Tensor total) {
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

        /** Computes samples, or a batch, that are large. */
        void inPieces(Files files) {
            Session session = backend.session();
            ElementType real = request.type.accumulator();
            ForwardProblem problem = request.problem(files.sum != null, request.shape);
            SetStatistics ofSets = StreamedPass.statistics(
                    request, parameters, problem.geometry().sets());
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
                    StreamedPass.pieceElements(request, device, tensors));
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
                                mean.buffer(),
                                variance.buffer(),
                                geometry.sets() / channels,
                                channels,
                                geometry.setSize()),
                        onDevice.runningMean().buffer(),
                        onDevice.runningVar().buffer(),
                        Reals.of(request.type, "momentum", momentum));
            }
        }

        Passes passes() {
            return new Passes(plan, timing, checked.samples(), before, after);
        }
    }

    /** Collects means and rstds of all parts, and writes them. */
    private final class Statistics {
        private final List<float[]> means = new ArrayList<>();
        private final List<float[]> rstds = new ArrayList<>();

        void add(Normalized part) {
            add(means, outputs.mean(), part.mean());
            add(rstds, outputs.rstd(), part.rstd());
            if (part.saved() != null) {
                part.saved().close();
            }
        }

        void add(SetStatistics ofSets) {
            if (outputs.mean() != null) {
                means.add(floats(ofSets.mean()));
            }
            if (outputs.rstd() != null) {
                rstds.add(floats(ofSets.rstd()));
            }
        }

        private static float[] floats(HostValues values) {
            double[] all = HostValues.doubles(values);
            float[] result = new float[all.length];
            for (int i = 0; i < all.length; i++) {
                result[i] = (float) all[i];
            }
            return result;
        }

        private static void add(List<float[]> parts, String wanted, Tensor tensor) {
            if (wanted != null && tensor != null) {
                parts.add(tensor.toFloats());
            }
        }

        void write(TensorOutput files, ParameterValues parameters, DeviceParameters onDevice) throws IOException {
            if (outputs.mean() != null) {
                float[] values = request.isEval() ? repeated(parameters.runningMean()) : joined(means);
                files.write(outputs.mean(), values, request.statisticsShape());
            }
            if (outputs.rstd() != null) {
                float[] values = request.isEval() ? repeated(rstds(parameters.runningVar())) : joined(rstds);
                files.write(outputs.rstd(), values, request.statisticsShape());
            }
            ElementType real = request.type.accumulator();
            if (outputs.runningMean() != null) {
                files.write(outputs.runningMean(), real, onDevice.runningMean().toDoubles(), request.channels());
            }
            if (outputs.runningVar() != null) {
                files.write(outputs.runningVar(), real, onDevice.runningVar().toDoubles(), request.channels());
            }
        }

        private double[] rstds(double[] variances) {
            return Arrays.stream(variances)
                    .map(v -> 1 / Math.sqrt(v + request.eps))
                    .toArray();
        }

        /** Repeats one value per channel for every sample of the statistics' shape. */
        private float[] repeated(double[] values) {
            float[] result = new float[Math.toIntExact(Shapes.elements(request.statisticsShape()))];
            for (int i = 0; i < result.length; i++) {
                result[i] = (float) values[i % values.length];
            }
            return result;
        }

        private static float[] joined(List<float[]> parts) {
            if (parts.size() == 1) {
                return parts.get(0);
            }
            float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
            int at = 0;
            for (float[] part : parts) {
                System.arraycopy(part, 0, all, at, part.length);
                at += part.length;
            }
            return all;
        }
    }
}
