package io.github.clnorm.tools.normalize;

import io.github.clnorm.NormSpec;
import io.github.clnorm.tools.machine.TuneOption;
import io.github.clnorm.tools.terminal.LayoutName;
import io.github.clnorm.tools.terminal.Lists;
import io.github.clnorm.tools.terminal.OperationList;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The options of every pass of an operation. */
final class NormOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "OP",
            completionCandidates = OperationList.class,
            description = "${COMPLETION-CANDIDATES}.")
    private String operation;

    @Option(
            names = {"-i", "--input"},
            required = true,
            paramLabel = "F",
            description =
                    "Input tensor, of shape (N, C, *): .npy, .npz, .safetensors or .safetensors.index.json (FILE#name for one of"
                            + " several). - is standard input, as .npy. Every input may be a pipe.")
    String input;

    @Option(
            names = "--num-groups",
            paramLabel = "G",
            defaultValue = "32",
            description = "group_norm: groups that the channels are divided into. Default: ${DEFAULT-VALUE}.")
    long numGroups;

    @Option(
            names = "--normalized-shape",
            paramLabel = "a,b,c",
            split = ",",
            hideParamSyntax = true,
            description = "layer_norm, rms_norm: the last dimensions, which are normalized. Default: the last one.")
    private List<Long> normalizedShape;

    @Option(
            names = "--eps",
            paramLabel = "E",
            description =
                    "Added to the variance, 0 or more. Default: 1e-5; rms_norm: 2^-23, the machine epsilon of float32, and 2^-52 for"
                            + " float64.")
    private Double eps;

    @Option(
            names = "--layout",
            paramLabel = "L",
            defaultValue = "channels_first",
            description = "group_norm, instance_norm, batch_norm: where the channel axis is in the file:"
                    + " ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private LayoutName layout;

    @Option(
            names = "--activation",
            paramLabel = "A",
            defaultValue = "none",
            completionCandidates = ActivationList.class,
            description =
                    "Applied to the result in the same pass: ${COMPLETION-CANDIDATES}, in any case. Default: ${DEFAULT-VALUE}.")
    private String activation;

    @Option(
            names = "--residual",
            paramLabel = "F",
            description = "Added to the input before normalizing, of its shape. Default: none.")
    String residual;

    @Option(
            names = "--training",
            description = "batch_norm, instance_norm: normalize by the input's statistics. The default of both.")
    private boolean training;

    @Option(names = "--eval", description = "batch_norm, instance_norm: normalize by the running statistics.")
    boolean eval;

    @Mixin
    ParameterOptions parameters;

    @Mixin
    TuneOption tune;

    /** The operation. Rejects unknown operations, and options that belong to another one. */
    NormSpec.Kind operation() {
        NormSpec.Kind parsed = NormSpec.Kind.parse(operation);
        if (!parsed.takes(NormSpec.Argument.NUM_GROUPS)) {
            refuse(parsed, "--num-groups");
        }
        if (!parsed.takes(NormSpec.Argument.LAYOUT)) {
            refuse(parsed, "--layout");
        }
        if (!parsed.takes(NormSpec.Argument.NORMALIZED_SHAPE)) {
            refuse(parsed, "--normalized-shape");
        }
        Lists.check(spec, "--normalized-shape");
        if (!parsed.takes(NormSpec.Argument.WEIGHT_OFFSET)) {
            refuse(parsed, "--weight-offset");
        }
        parameters.checkWeightOffset();
        if (!parsed.takes(NormSpec.Argument.RUNNING_STATISTICS)) {
            refuse(
                    parsed,
                    "--training",
                    "--eval",
                    "--running-mean",
                    "--running-var",
                    "--momentum",
                    "--num-batches-tracked",
                    "--running-mean-output",
                    "--running-var-output");
        }
        if (training && eval) {
            throw new IllegalArgumentException("--training and --eval are given, expected one of them");
        }
        if (eval) {
            parameters.requireRunningStatistics();
        }
        return parsed;
    }

    private void refuse(NormSpec.Kind parsed, String... options) {
        for (String option : options) {
            if (given(option)) {
                throw new IllegalArgumentException(option + " does not belong to " + parsed);
            }
        }
    }

    /** Whether an option is on the command line. */
    boolean given(String option) {
        return spec.commandLine().getParseResult().hasMatchedOption(option);
    }

    /** The last dimensions that are normalized. */
    long[] normalizedShape(long... inputShape) {
        if (normalizedShape != null) {
            long[] shape = normalizedShape.stream().mapToLong(Long::longValue).toArray();
            if (Arrays.stream(shape).anyMatch(d -> d < 0)) {
                throw new IllegalArgumentException(
                        "--normalized-shape " + Arrays.toString(shape) + ": expected dimensions of 0 or more");
            }
            return shape;
        }
        if (inputShape.length == 0) {
            throw new IllegalArgumentException("Expected at least 1 dimension for input tensor but received 0");
        }
        return new long[] {inputShape[inputShape.length - 1]};
    }

    /** The value added to the variance. */
    double eps(double byDefault) {
        if (eps == null) {
            return byDefault;
        }
        if (!(eps >= 0) || Double.isInfinite(eps)) {
            throw new IllegalArgumentException("--eps " + eps + ": expected a finite number of 0 or more");
        }
        return eps;
    }

    Layout layout() {
        return layout.layout();
    }

    Activation activation() {
        try {
            return Activation.parse(activation);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--activation: " + e.getMessage(), e);
        }
    }
}
