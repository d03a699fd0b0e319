package io.github.clnorm.cli;

import io.github.clnorm.Backend;
import io.github.clnorm.Functional;
import io.github.clnorm.Normalized;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.geometry.Geometry;
import io.github.clnorm.geometry.GroupNormGeometry;
import io.github.clnorm.geometry.Shapes;
import io.github.clnorm.plan.Plan;
import io.github.clnorm.runtime.LaunchTimes;
import io.github.clnorm.runtime.Session;
import io.github.clnorm.runtime.opencl.JoclOpenCl;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.tensorfile.TensorOutput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Normalizes a tensor file. */
@Command(
        name = "run",
        description = "Normalize a tensor file on the selected device.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class)
final class RunCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "OP", description = "The operation: group_norm.")
    private String operation;

    @Option(
            names = {"-i", "--input"},
            required = true,
            paramLabel = "F",
            description = "Input tensor, a float32 .npy file of shape (N, C, *).")
    private Path input;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "F",
            description = "Output tensor, a .npy file of the same shape and type.")
    private Path output;

    @Option(
            names = "--num-groups",
            paramLabel = "G",
            defaultValue = "32",
            description = "Groups that the channels are divided into. Default: ${DEFAULT-VALUE}.")
    private long numGroups;

    @Option(names = "--weight", paramLabel = "F", description = "Weight (gamma), one value a channel. Default: 1.")
    private Path weight;

    @Option(names = "--bias", paramLabel = "F", description = "Bias (beta), one value a channel. Default: 0.")
    private Path bias;

    @Option(
            names = "--eps",
            paramLabel = "E",
            defaultValue = "1e-5",
            description = "Added to the variance. Default: ${DEFAULT-VALUE}.")
    private double eps;

    @Option(names = "--mean-output", paramLabel = "F", description = "Also write the means, float32 of shape (N, G).")
    private Path meanOutput;

    @Option(
            names = "--rstd-output",
            paramLabel = "F",
            description = "Also write 1 / sqrt(variance + eps), float32 of shape (N, G).")
    private Path rstdOutput;

    @Mixin
    private DeviceOption device;

    @Option(names = "--quiet", description = "No summary.")
    private boolean quiet;

    @Override
    public Integer call() throws IOException {
        long start = System.nanoTime();
        if (!operation.equals("group_norm")) {
            throw new IllegalArgumentException("unknown operation '" + operation + "': expected group_norm");
        }
        if (!Double.isFinite(eps)) {
            throw new IllegalArgumentException("--eps " + eps + ": expected a finite number");
        }
        DeviceSelector selector = device.selector();
        for (Path path : new Path[] {output, meanOutput, rstdOutput}) {
            if (path != null) {
                TensorOutput.check(path.toString(), ElementType.FLOAT32);
            }
        }
        TensorOutput.checkDistinct(text(output), text(meanOutput), text(rstdOutput));
        // Everything that can be known of the request from the files' headers is checked before any data is read.
        TensorFile inputFile = TensorFile.open(input.toString());
        long[] shape = inputFile.shape();
        GroupNormGeometry.of(shape, numGroups, io.github.clnorm.type.Layout.CHANNELS_FIRST);
        if (inputFile.type() != ElementType.FLOAT32) {
            throw new IllegalArgumentException(
                    input + ": holds " + inputFile.type() + ", expected float32");
        }
        TensorFile weightFile = openParameter("weight", weight, shape);
        TensorFile biasFile = openParameter("bias", bias, shape);
        DeviceInfo selected = selector.select();
        checkSize(shape, selected);

        float[] x = inputFile.readFloats();
        float[] gamma = weightFile == null ? null : weightFile.readFloats();
        float[] beta = biasFile == null ? null : biasFile.readFloats();
        Computed computed = compute(selected, x, gamma, beta, shape);
        try (TensorOutput outputs = new TensorOutput()) {
            outputs.write(output.toString(), computed.output, shape);
            if (meanOutput != null) {
                outputs.write(meanOutput.toString(), computed.mean, shape[0], numGroups);
            }
            if (rstdOutput != null) {
                outputs.write(rstdOutput.toString(), computed.rstd, shape[0], numGroups);
            }
            outputs.commit();
        }
        if (!quiet) {
            long wall = System.nanoTime() - start;
            RunSummary summary = new RunSummary(selected, shape, numGroups, gamma, beta, eps);
            summary.print(
                    spec.commandLine().getErr(), input, x, computed.output, computed.plan, computed.times, wall);
        }
        return ExitCode.DONE;
    }

    /** What came back from the device; no plan for an empty tensor, which needs none. */
    private record Computed(float[] output, float[] mean, float[] rstd, Plan plan, LaunchTimes times) {}

    private Computed compute(DeviceInfo selected, float[] x, float[] gamma, float[] beta, long[] shape) {
        try (Backend backend = new Backend(new Session(JoclOpenCl.open(selected, true), selected))) {
            Tensor tensor = backend.tensor(x, shape);
            Tensor weights = gamma == null ? null : backend.tensor(gamma, gamma.length);
            Tensor biases = beta == null ? null : backend.tensor(beta, beta.length);
            Normalized[] result = new Normalized[1];
            LaunchTimes times = backend.session()
                    .timed(() -> result[0] = Functional.groupNorm(tensor, numGroups, weights, biases, eps));
            Geometry geometry = GroupNormGeometry.of(shape, numGroups, io.github.clnorm.type.Layout.CHANNELS_FIRST);
            return new Computed(
                    result[0].output().toFloats(),
                    result[0].mean().toFloats(),
                    result[0].rstd().toFloats(),
                    geometry.elements() == 0 ? null : backend.session().planner().plan(io.github.clnorm.geometry.Problem.of(geometry, io.github.clnorm.geometry.Statistics.MEAN_AND_VARIANCE, ElementType.FLOAT32)),
                    times);
        }
    }

    private static TensorFile openParameter(String name, Path path, long[] inputShape) {
        if (path == null) {
            return null;
        }
        TensorFile file = TensorFile.open(path.toString());
        GroupNormGeometry.checkParameter(name, file.shape(), inputShape, io.github.clnorm.type.Layout.CHANNELS_FIRST);
        return file;
    }

    private static String text(Path path) {
        return path == null ? null : path.toString();
    }

    private static void checkSize(long[] shape, DeviceInfo device) {
        long elements = Shapes.elements(shape);
        if (elements > device.maxBuffer() / Float.BYTES) {
            throw new IllegalArgumentException("the input of shape " + Shapes.text(shape) + " takes " + elements
                    + " x 4 bytes, more than the largest buffer of " + device.description() + ": "
                    + device.maxBuffer() + " bytes");
        }
    }
}
