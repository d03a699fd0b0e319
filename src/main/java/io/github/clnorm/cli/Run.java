package io.github.clnorm.cli;

import io.github.clnorm.Backend;
import io.github.clnorm.Normalized;
import io.github.clnorm.Options;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.geometry.Shapes;
import io.github.clnorm.plan.Plan;
import io.github.clnorm.runtime.LaunchTimes;
import io.github.clnorm.runtime.Session;
import io.github.clnorm.runtime.opencl.JoclOpenCl;
import io.github.clnorm.tensorfile.Elements;
import io.github.clnorm.tensorfile.Sink;
import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A request at work: from files to files, through a device. Tensors go by in pieces, so that Java's memory does not
 * matter; those that exceed the device's largest buffer, or its memory, go by some samples at a time.
 */
final class Run {

    private final Request request;
    private final RunCommand.Outputs outputs;
    private final double momentum;
    private final DeviceInfo device;
    private final long mostChecked;

    /**
     * What a person is told.
     *
     * @param plan of the first part; null for an empty tensor, which needs none
     * @param launches in all
     * @param deviceNanoseconds what the driver says
     * @param hostNanoseconds from enqueue to finished
     * @param parts in which the input went by
     * @param parameters as they were read
     * @param checkedSamples how many of the first samples are in x and y
     * @param x input, with residual, of those samples
     * @param y their results
     */
    record Result(
            Plan plan,
            int launches,
            long deviceNanoseconds,
            long hostNanoseconds,
            int parts,
            Request.Parameters parameters,
            long checkedSamples,
            double[] x,
            double[] y) {}

    Run(Request request, RunCommand.Outputs outputs, double momentum, DeviceInfo device, long mostChecked) {
        this.request = request;
        this.outputs = outputs;
        this.momentum = momentum;
        this.device = device;
        this.mostChecked = mostChecked;
    }

    Result run() throws IOException {
        long atOnce = samplesAtOnce();
        Request.Parameters parameters = request.readParameters();
        try (Backend backend = new Backend(new Session(JoclOpenCl.open(device, true), device));
                TensorOutput files = new TensorOutput()) {
            Result result = run(backend, files, parameters, atOnce);
            files.commit();
            return result;
        }
    }

    /** How many samples fit on the device together; refuses those that never do. */
    private long samplesAtOnce() {
        long samples = request.samples();
        long bytes = Shapes.elements(request.shape) * request.type.bytes();
        int tensors = 1 + (request.residual != null ? 1 : 0) + (outputs.sum() != null ? 1 : 0);
        // Half of the memory: there are the driver's own needs, and others'.
        long limit = Math.min(device.maxBuffer(), device.globalMemory() / 2 / tensors);
        boolean updates = outputs.runningMean() != null || outputs.runningVar() != null;
        boolean divisible = request.samplesStandAlone() && !updates;
        if (bytes <= limit || bytes <= device.maxBuffer() && !divisible) {
            return samples;
        }
        long ofSample = bytes / samples;
        if (!divisible || ofSample > device.maxBuffer()) {
            throw new IllegalArgumentException(request.input + ": " + (divisible ? "one sample takes " + ofSample
                    : "statistics of the whole batch need all of it at once, which takes " + bytes)
                    + " bytes, more than the largest buffer of " + device.description() + ": " + device.maxBuffer()
                    + " bytes");
        }
        return Math.max(1, limit / ofSample);
    }

    private Result run(Backend backend, TensorOutput files, Request.Parameters parameters, long atOnce)
            throws IOException {
        Plan plan = null;
        int launches = 0;
        long deviceTime = 0;
        long hostTime = 0;
        int parts = 0;
        boolean updates = outputs.runningMean() != null || outputs.runningVar() != null;
        Request.DeviceParameters onDevice = request.upload(backend, parameters, updates);
        Statistics statistics = new Statistics();
        Checked checked = new Checked();
        try (Elements input = request.input.elements();
                Elements residual = request.residual == null ? null : request.residual.elements();
                Sink output = files.create(outputs.output(), request.type, request.shape);
                Sink sum = outputs.sum() == null
                        ? null
                        : files.create(outputs.sum(), request.type, request.shape)) {
            long samples = request.samples();
            for (long first = 0; first == 0 || first < samples; first += atOnce) {
                long[] shape = request.shapeOf(Math.min(atOnce, samples - first));
                long offset = samples == 0 ? 0 : first * (Shapes.elements(request.shape) / samples);
                try (Tensor x = upload(backend, input, offset, shape);
                        Tensor added = residual == null ? null : upload(backend, residual, offset, shape);
                        Tensor total = sum == null ? null : backend.empty(request.type, shape)) {
                    checked.begin(first, x, added, shape);
                    // In place: the device needs to hold the input once.
                    Options options = Options.DEFAULTS.residual(added).sum(total).output(x);
                    Normalized[] result = new Normalized[1];
                    LaunchTimes times = backend.session()
                            .timed(() -> result[0] = request.run(x, onDevice, momentum, options));
                    launches += times.launches();
                    deviceTime += times.nanoseconds();
                    hostTime += times.hostNanoseconds();
                    parts++;
                    plan = plan != null || x.elements() == 0
                            ? plan
                            : backend.session().planner().plan(request.problem(total != null, shape));
                    x.read((at, piece) -> write(output, piece));
                    checked.end(x);
                    if (total != null) {
                        total.read((at, piece) -> write(sum, piece));
                    }
                    statistics.add(result[0]);
                }
                if (samples == 0) {
                    break;
                }
            }
        }
        statistics.write(files, parameters, onDevice);
        return new Result(
                plan, launches, deviceTime, hostTime, parts, parameters, checked.samples, checked.x, checked.y);
    }

    private Tensor upload(Backend backend, Elements elements, long offset, long... shape) {
        Tensor tensor = backend.empty(request.type, shape);
        try {
            tensor.write((at, piece) -> elements.read(offset + at / request.type.bytes(), piece));
            return tensor;
        } catch (RuntimeException e) {
            tensor.close();
            throw e;
        }
    }

    private static void write(Sink sink, ByteBuffer piece) {
        try {
            sink.write(piece);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Means and rstds, part by part, and what is written of them. */
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

        private static void add(List<float[]> parts, String wanted, Tensor tensor) {
            if (wanted != null && tensor != null) {
                parts.add(tensor.toFloats());
            }
        }

        void write(TensorOutput files, Request.Parameters parameters, Request.DeviceParameters onDevice)
                throws IOException {
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
            return Arrays.stream(variances).map(v -> 1 / Math.sqrt(v + request.eps)).toArray();
        }

        /** One a channel for every sample that the statistics' shape has. */
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

    /** The first samples, before and after, as far as a person's summary compares them with float64. */
    private final class Checked {
        private long samples;
        private double[] x;
        private double[] y;

        void begin(long first, Tensor input, Tensor residual, long... shape) {
            if (first > 0 || input.elements() == 0) {
                return;
            }
            long inPart = shape[0];
            long ofSample = input.elements() / inPart;
            samples = Math.min(inPart, mostChecked / ofSample);
            if (!request.samplesStandAlone() && samples < request.samples()) {
                samples = 0;
            }
            if (samples > 0) {
                x = beginning(input, (int) (samples * ofSample));
                if (residual != null) {
                    double[] added = beginning(residual, x.length);
                    Arrays.setAll(x, i -> x[i] + added[i]);
                }
            }
        }

        void end(Tensor output) {
            if (x != null && y == null) {
                y = beginning(output, x.length);
            }
        }

        private double[] beginning(Tensor tensor, int count) {
            double[] values = new double[count];
            int bytes = request.type.bytes();
            tensor.read((at, piece) -> {
                long here = Math.min(count - at / bytes, piece.remaining() / bytes);
                if (here > 0) {
                    ByteBuffer part = piece.duplicate().order(piece.order());
                    part.limit(part.position() + (int) here * bytes);
                    Codec.decode(request.type, part, values, (int) (at / bytes));
                }
            });
            return values;
        }
    }
}
