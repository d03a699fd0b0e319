package io.github.clnorm.tools.bench;

import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Suite;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.LayoutName;
import io.github.clnorm.tools.terminal.Lists;
import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that select suites, types, layouts and passes. */
final class SuiteOptions {

    /** Spelled as on the command line. */
    enum TypeName {
        float16,
        bfloat16,
        float32,
        float64
    }

    /** Spelled as on the command line. */
    enum DirectionName {
        forward,
        backward,
        both
    }

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--suite",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "quick",
            description = "Suites of workloads, separated by commas. Default: ${DEFAULT-VALUE}.")
    private List<String> suites;

    @Option(
            names = "--direction",
            paramLabel = "D",
            defaultValue = "both",
            description = "Which passes: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private DirectionName direction;

    @Option(
            names = "--dtype",
            paramLabel = "T",
            split = ",",
            defaultValue = "float32",
            description = "Types of the tensors: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Set<TypeName> types;

    @Option(
            names = "--layout",
            paramLabel = "L",
            split = ",",
            defaultValue = "channels_first",
            description = "Where the channels are: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Set<LayoutName> layouts;

    /** The suites' names as given. */
    List<String> names() {
        return suites;
    }

    /** Whether {@code --suite} was given. */
    boolean given() {
        return spec.commandLine().getParseResult().hasMatchedOption("--suite");
    }

    /** The suites' workloads in every type and layout, each once. */
    List<Workload> workloads() {
        Lists.check(spec, "--suite");
        return inEveryForm(Suite.workloads(suites));
    }

    /** These workloads in every type and layout, each once. */
    List<Workload> inEveryForm(List<Workload> plain) {
        Lists.check(spec, "--dtype", "--layout");
        Set<Workload> all = new LinkedHashSet<>();
        for (TypeName type : types) {
            for (LayoutName layout : layouts) {
                for (Workload workload : plain) {
                    all.add(workload.in(ElementType.valueOf(type.name().toUpperCase(Locale.ROOT)), layout.layout()));
                }
            }
        }
        return new ArrayList<>(all);
    }

    Set<Direction> directions() {
        return switch (direction) {
            case forward -> EnumSet.of(Direction.FORWARD);
            case backward -> EnumSet.of(Direction.BACKWARD);
            case both -> EnumSet.allOf(Direction.class);
        };
    }
}
