package io.github.clnorm.tools.normalize;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.tools.machine.DeviceOption;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.terminal.Version;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code run}. */
@Command(
        name = "run",
        description = "Normalize a tensor file on the selected device, or on all devices.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
public final class RunCommand implements Callable<Integer> {

    /** The output files; all but the first may be null. */
    record Outputs(String output, String sum, String mean, String rstd, String runningMean, String runningVar) {}

    @Spec
    private CommandSpec spec;

    @Mixin
    private NormOptions options;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "F",
            description =
                    "Output tensor, of the input's shape and type: .npy, .npz or .safetensors (FILE#name). - is standard output, as"
                            + " .npy. Every output but .npz may be a pipe.")
    private String output;

    @Option(names = "--sum-output", paramLabel = "F", description = "Also write input plus residual.")
    private String sumOutput;

    @Option(
            names = "--mean-output",
            paramLabel = "F",
            description =
                    "Also write the means, float32: (N, G) for group_norm, leading dimensions for layer_norm, (N, C)"
                            + " for instance_norm, (C) for batch_norm.")
    private String meanOutput;

    @Option(
            names = "--rstd-output",
            paramLabel = "F",
            description = "Also write 1 / sqrt(variance + eps), float32, in the shape of the means.")
    private String rstdOutput;

    @Option(
            names = "--running-mean-output",
            paramLabel = "F",
            description = "Also write the updated running means; they begin as 0 without --running-mean.")
    private String runningMeanOutput;

    @Option(
            names = "--running-var-output",
            paramLabel = "F",
            description = "Also write the updated running variances; they begin as 1 without --running-var.")
    private String runningVarOutput;

    @Option(
            names = "--momentum",
            paramLabel = "M",
            defaultValue = "0.1",
            description = "new = (1-M)*old + M*batch. none is the average of all batches, PyTorch's momentum=None: M is"
                    + " 1/(K+1). Default: ${DEFAULT-VALUE}.")
    private String momentum;

    @Option(
            names = "--num-batches-tracked",
            paramLabel = "K",
            description =
                    "With --momentum none: how many batches the running statistics are the average of. Default: 0.")
    private Long batchesBefore;

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
        String whyOne = "";
        if (device.isAll()) {
            FleetRun fleet = new FleetRun(request, outputs(), mostChecked(request));
            whyOne = fleet.whyOneDevice();
            if (whyOne.isEmpty()) {
                return runOnAll(fleet, request, start);
            }
        }
        DeviceInfo selected = selector.select();
        Run.Result result = run(request, selected).run();
        if (!summary.isQuiet()) {
            long wall = System.nanoTime() - start;
            RunSummary text = new RunSummary(spec.commandLine().getErr(), request, selected);
            text.print(result, Traffic.forward(request, sumOutput != null), whyOne, wall);
        }
        explain.print(spec.commandLine().getErr(), "one device: " + whyOne);
        return ExitCode.DONE;
    }

    private int runOnAll(FleetRun fleet, Request request, long start) throws IOException {
        FleetRun.Result result = fleet.run();
        if (!summary.isQuiet()) {
            new FleetSummary(spec.commandLine().getErr(), request)
                    .print(result, Traffic.forward(request, sumOutput != null), System.nanoTime() - start);
        }
        explain.print(spec.commandLine().getErr(), result.shares());
        return ExitCode.DONE;
    }

    /** The request. Everything that the files' headers tell is checked before any data is read. */
    Request request() {
        Request request = new Request(options);
        check(request, outputs());
        return request;
    }

    /** The pass on a device. */
    Run run(Request request, DeviceInfo selected) {
        request.checkComputedBy(selected);
        return new Run(request, outputs(), Momentum.factor(momentum, batchesBefore), selected, mostChecked(request));
    }

    private long mostChecked(Request request) {
        return summary.isQuiet()
                ? 0
                : RunSummary.mostChecked(request, Runtime.getRuntime().maxMemory());
    }

    private Outputs outputs() {
        return new Outputs(output, sumOutput, meanOutput, rstdOutput, runningMeanOutput, runningVarOutput);
    }

    private void check(Request request, Outputs outputs) {
        Momentum.factor(momentum, batchesBefore);
        if (request.isEval() && (outputs.runningMean != null || outputs.runningVar != null)) {
            throw new IllegalArgumentException("running statistics are updated in training, but --eval is given");
        }
        if (outputs.mean != null && !request.takesMean()) {
            throw new IllegalArgumentException("--mean-output: " + request.operation + " takes no mean");
        }
        if (outputs.sum != null && request.residual == null) {
            throw new IllegalArgumentException("--sum-output needs --residual");
        }
        ElementType real = request.type.accumulator();
        Request.checkOutput(outputs.output, request.type);
        Request.checkOutput(outputs.sum, request.type);
        Request.checkOutput(outputs.mean, ElementType.FLOAT32);
        Request.checkOutput(outputs.rstd, ElementType.FLOAT32);
        Request.checkOutput(outputs.runningMean, real);
        Request.checkOutput(outputs.runningVar, real);
        TensorOutput.checkDistinct(
                outputs.output, outputs.sum, outputs.mean, outputs.rstd, outputs.runningMean, outputs.runningVar);
    }
}
