package io.github.clnorm.tools.normalize;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.tools.machine.DeviceOption;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.terminal.Version;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code grad}. */
@Command(
        name = "grad",
        description =
                "The gradients of what run computes with the same options: of a loss whose gradient with respect to"
                        + " the output is in a file. One of --grad-input, --grad-weight and --grad-bias, or several, say which."
                        + " - is standard input or output, as .npy; every file may be a pipe.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
public final class GradCommand implements Callable<Integer> {

    /** The files of the gradients; null if one is not wanted. */
    record Outputs(String input, String weight, String bias) {}

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
            description = "Write the gradient of the input (dx), of its shape and type; it is that of a residual too.")
    private String gradInput;

    @Option(
            names = "--grad-weight",
            paramLabel = "F",
            description =
                    "Write the gradient of the weight, of its shape and type; without --weight that of weights of 1,"
                            + " of the input's type.")
    private String gradWeight;

    @Option(
            names = "--grad-bias",
            paramLabel = "F",
            description =
                    "Write the gradient of the bias, of its shape and type; without --bias that of biases of 0, of"
                            + " the input's type.")
    private String gradBias;

    @Mixin
    private DeviceOption device;

    @Mixin
    private QuietOption summary;

    @Override
    public Integer call() throws IOException {
        long start = System.nanoTime();
        DeviceSelector selector = device.selector();
        Request request = request();
        TensorFile dy = gradOutput(request);
        DeviceInfo selected = selector.select();
        Grad.Result result = grad(request, dy, selected).run();
        if (!summary.isQuiet()) {
            long wall = System.nanoTime() - start;
            new GradSummary(spec.commandLine().getErr(), request, selected).print(result, wall);
        }
        return ExitCode.DONE;
    }

    /** The request. Everything that the files' headers tell is checked before any data is read. */
    Request request() {
        if (gradInput == null && gradWeight == null && gradBias == null) {
            throw new IllegalArgumentException(
                    "no gradient is asked for: expected --grad-input, --grad-weight, --grad-bias or several of them");
        }
        Request.checkStreams(options, gradOutput);
        Request request = new Request(options);
        Request.checkOutput(gradInput, request.type);
        Request.checkOutput(gradWeight, request.weightType());
        Request.checkOutput(gradBias, request.biasType());
        TensorOutput.checkDistinct(gradInput, gradWeight, gradBias);
        return request;
    }

    /** Opens dy, which must have the input's shape and type. */
    TensorFile gradOutput(Request request) {
        return request.likeInput("gradient of the output", gradOutput);
    }

    /** The pass on a device. */
    Grad grad(Request request, TensorFile dy, DeviceInfo selected) {
        request.checkComputedBy(selected);
        Outputs outputs = new Outputs(gradInput, gradWeight, gradBias);
        return new Grad(
                request,
                dy,
                outputs,
                selected,
                summary.isQuiet()
                        ? 0
                        : GradSummary.mostChecked(request, Runtime.getRuntime().maxMemory()));
    }
}
