package io.github.clnorm.tools.normalize;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.tools.machine.DeviceOption;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.terminal.Version;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code grad}. */
@Command(
        name = "grad",
        description = "Compute the gradients of run with the same options, from a file with the gradient with respect"
                + " to the output. --grad-input, --grad-weight, --grad-bias, --grad-scale and --grad-shift select them. - is standard input"
                + " or output, as .npy; every file but an output that ends with .npz may be"
                + " a pipe.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
public final class GradCommand implements Callable<Integer> {

    /** The files of the gradients; null if one is not wanted. */
    record Outputs(String input, String weight, String bias, String scale, String shift) {

        /** Whether a gradient is wanted that is a sum over all samples. */
        boolean sums() {
            return weight != null || bias != null;
        }
    }

    @Spec
    private CommandSpec spec;

    @Mixin
    private NormOptions options;

    @Option(
            names = "--grad-output",
            required = true,
            paramLabel = "F",
            description = "Gradient with respect to the output (dy), of the input's shape and type.")
    private String gradOutput;

    @Option(
            names = "--grad-input",
            paramLabel = "F",
            description = "Write the gradient of the input (dx), with its shape and type. A residual has the same"
                    + " gradient.")
    private String gradInput;

    @Option(
            names = "--grad-weight",
            paramLabel = "F",
            description = "Write the gradient of the weight, with its shape and type. Without --weight, weights are 1,"
                    + " with the input's type.")
    private String gradWeight;

    @Option(
            names = "--grad-bias",
            paramLabel = "F",
            description = "Write the gradient of the bias, with its shape and type. Without --bias, biases are 0, with"
                    + " the input's type.")
    private String gradBias;

    @Option(
            names = "--grad-scale",
            paramLabel = "F",
            description = "Write the gradient of the scale, with its shape and type.")
    private String gradScale;

    @Option(
            names = "--grad-shift",
            paramLabel = "F",
            description = "Write the gradient of the shift, with its shape and type.")
    private String gradShift;

    @Mixin
    private DeviceOption device;

    @Mixin
    private ExplainOption explain;

    @Mixin
    private QuietOption summary;

    @Override
    public Integer call() throws IOException {
        long start = System.nanoTime();
        explain.check(device);
        DeviceSelector selector = device.selectorOfOne();
        Request request = request();
        TensorFile dy = gradOutput(request);
        String whyOne = "";
        if (device.isAll()) {
            FleetGrad fleet = new FleetGrad(request, dy, outputs(), mostChecked(request), FleetChoice.LEAST_BYTES);
            whyOne = fleet.whyOneDevice();
            if (whyOne.isEmpty()) {
                return runOnAll(fleet, request, start);
            }
        }
        DeviceInfo selected = selector.select();
        Grad.Result result = grad(request, dy, selected).run();
        if (!summary.isQuiet()) {
            long wall = System.nanoTime() - start;
            new GradSummary(spec.commandLine().getErr(), request, selected).print(result, whyOne, wall);
        }
        explain.print(spec.commandLine().getErr(), "one device: " + whyOne);
        return ExitCode.DONE;
    }

    private int runOnAll(FleetGrad fleet, Request request, long start) throws IOException {
        FleetGrad.Result result = fleet.run();
        if (!summary.isQuiet()) {
            new FleetSummary(spec.commandLine().getErr(), request)
                    .print(result, gradInput != null, System.nanoTime() - start);
        }
        explain.print(spec.commandLine().getErr(), result.shares());
        return ExitCode.DONE;
    }

    private Outputs outputs() {
        return new Outputs(gradInput, gradWeight, gradBias, gradScale, gradShift);
    }

    private long mostChecked(Request request) {
        return summary.isQuiet()
                ? 0
                : GradSummary.mostChecked(request, Runtime.getRuntime().maxMemory());
    }

    /** The request. Everything that the files' headers tell is checked before any data is read. */
    Request request() {
        if (Stream.of(gradInput, gradWeight, gradBias, gradScale, gradShift).allMatch(Objects::isNull)) {
            throw new IllegalArgumentException("no gradient is asked for: expected --grad-input, --grad-weight,"
                    + " --grad-bias, --grad-scale, --grad-shift or several of them");
        }
        if (gradScale != null && options.parameters.scale == null) {
            throw new IllegalArgumentException("--grad-scale needs --scale");
        }
        if (gradShift != null && options.parameters.shift == null) {
            throw new IllegalArgumentException("--grad-shift needs --shift");
        }
        Request.checkStreams(options, gradOutput);
        Request request = new Request(options);
        Request.checkOutput(gradInput, request.type);
        Request.checkOutput(gradWeight, request.parameters.weightType());
        Request.checkOutput(gradBias, request.parameters.biasType());
        Request.checkOutput(gradScale, request.parameters.scaleType());
        Request.checkOutput(gradShift, request.parameters.shiftType());
        TensorOutput.checkDistinct(gradInput, gradWeight, gradBias, gradScale, gradShift);
        return request;
    }

    /** Opens dy, which must have the input's shape and type. */
    TensorFile gradOutput(Request request) {
        return request.likeInput("gradient of the output", gradOutput);
    }

    /** The pass on a device. */
    Grad grad(Request request, TensorFile dy, DeviceInfo selected) {
        request.checkComputedBy(selected);
        return new Grad(request, dy, outputs(), selected, mostChecked(request));
    }
}
