package io.github.clnorm.tools.normalize;

import io.github.clnorm.Normalized;
import io.github.clnorm.Tensor;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.stream.HostValues;
import io.github.clnorm.internal.stream.SetStatistics;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The statistics of all parts: means, rstds, and running statistics as the pass updates them. */
final class StatisticsOutput {

    private final Request request;
    private final RunCommand.Outputs outputs;
    private final List<float[]> means = new ArrayList<>();
    private final List<float[]> rstds = new ArrayList<>();

    StatisticsOutput(Request request, RunCommand.Outputs outputs) {
        this.request = request;
        this.outputs = outputs;
    }

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
        return Arrays.stream(variances).map(v -> 1 / Math.sqrt(v + request.eps)).toArray();
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
