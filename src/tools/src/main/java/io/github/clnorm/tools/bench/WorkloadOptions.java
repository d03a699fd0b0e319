package io.github.clnorm.tools.bench;

import io.github.clnorm.NormSpec;
import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.Lists;
import io.github.clnorm.tools.terminal.OperationList;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The options that select workloads: suites, or one operation with a shape. */
public final class WorkloadOptions {

    private static final long MOST_BYTES = 1L << 50;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "OP",
            completionCandidates = OperationList.class,
            description = "${COMPLETION-CANDIDATES}, with --shape; else the workloads of --suite.")
    private String operation;

    @Option(
            names = "--shape",
            paramLabel = "N,C,...",
            split = ",",
            hideParamSyntax = true,
            description = "OP's input: samples, channels, and all other dimensions, in this order with each --layout;"
                    + " layer_norm, rms_norm: the shape itself.")
    private List<Long> shape;

    @Option(
            names = "--num-groups",
            paramLabel = "G",
            defaultValue = "32",
            description = "group_norm: groups that the channels are divided into. Default: ${DEFAULT-VALUE}.")
    private long numGroups;

    @Option(
            names = "--normalized-shape",
            paramLabel = "a,b,c",
            split = ",",
            hideParamSyntax = true,
            description = "layer_norm, rms_norm: the last dimensions, which are normalized. Default: the last one.")
    private List<Long> normalizedShape;

    @Mixin
    private SuiteOptions suites;

    /** Whether a workload was selected. Options with a default are not counted. */
    public boolean given() {
        return operation != null || shape != null || suites.given();
    }

    /** The workloads in every type and layout, each once. Rejects invalid requests. */
    public List<Workload> workloads() {
        if (operation == null) {
            for (String option : List.of("--shape", "--num-groups", "--normalized-shape")) {
                if (isGiven(option)) {
                    throw new IllegalArgumentException(
                            option + " needs an operation in front of the options, such as group_norm");
                }
            }
            return suites.workloads();
        }
        if (suites.given()) {
            throw new IllegalArgumentException(operation + " and --suite are given, expected one of them");
        }
        List<Workload> all = suites.inEveryForm(List.of(ofShape(NormSpec.Kind.parse(operation))));
        all.forEach(WorkloadOptions::check);
        return all;
    }

    public Set<Direction> directions() {
        return suites.directions();
    }

    private Workload ofShape(NormSpec.Kind of) {
        if (shape == null) {
            throw new IllegalArgumentException(of + " needs a --shape, such as --shape 2,320,64,64");
        }
        refuse(of, of.takes(NormSpec.Argument.NUM_GROUPS), "--num-groups");
        refuse(of, of.takes(NormSpec.Argument.NORMALIZED_SHAPE), "--normalized-shape");
        refuse(of, of.takes(NormSpec.Argument.LAYOUT), "--layout");
        Lists.check(spec, "--shape", "--normalized-shape");
        long[] dimensions = numbers("--shape", shape);
        if (of.takes(NormSpec.Argument.NORMALIZED_SHAPE)) {
            long[] last = normalizedShape == null
                    ? Arrays.copyOfRange(dimensions, dimensions.length - 1, dimensions.length)
                    : numbers("--normalized-shape", normalizedShape);
            Sets sets = of.spec(new NormSpec.Arguments(0, last, Layout.CHANNELS_FIRST, true, 0))
                    .sets();
            sets.geometry(dimensions);
            long rows = sets.samples(dimensions);
            return new Workload(
                    of, List.of(rows, Shapes.elements(last)), 0, ElementType.FLOAT32, Layout.CHANNELS_FIRST);
        }
        if (dimensions.length < 2) {
            throw new IllegalArgumentException(
                    "Expected at least 2 dimensions for input tensor but received " + dimensions.length);
        }
        long groups = of.takes(NormSpec.Argument.NUM_GROUPS) ? numGroups : 0;
        return new Workload(of, shape, groups, ElementType.FLOAT32, Layout.CHANNELS_FIRST);
    }

    private void refuse(NormSpec.Kind of, boolean belongs, String option) {
        if (!belongs && isGiven(option)) {
            throw new IllegalArgumentException(option + " does not belong to " + of);
        }
    }

    private boolean isGiven(String option) {
        return spec.commandLine().getParseResult().hasMatchedOption(option);
    }

    private static long[] numbers(String option, List<Long> list) {
        if (list.stream().anyMatch(dimension -> dimension < 1)) {
            throw new IllegalArgumentException(option + " " + list + ": expected dimensions of 1 or more");
        }
        return list.stream().mapToLong(Long::longValue).toArray();
    }

    /** No device is this large, and small multiples of the size fit in a long. */
    private static void check(Workload workload) {
        if (workload.elements() > MOST_BYTES / workload.type().bytes()) {
            throw new IllegalArgumentException("--shape "
                    + workload.dimensions().stream().map(String::valueOf).collect(Collectors.joining(","))
                    + ": expected a tensor of 2^50 bytes at most");
        }
        workload.problem();
        workload.gradientProblem();
    }
}
