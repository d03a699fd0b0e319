package io.github.clnorm.tools.compilers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clnorm.tools.terminal.DeveloperProgram;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.terminal.OutputFile;
import io.github.clnorm.type.Activation;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The program behind {@code bench/gpu-compilers}. */
@Command(
        name = "bench/gpu-compilers",
        description = "Compile the kernels of all suites for GPUs that need not be here, and check the machine code.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Without --all: one variant of each kernel, storage and target, the one whose passes have the most"
                    + " elements, and no activations.",
            "Exit code 1: a kernel breaks a rule, an exception is not needed any more, or a required compiler is"
                    + " missing."
        })
public final class GpuCompilers implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--target",
            paramLabel = "T",
            split = ",",
            description = "Targets, such as gfx90a,sm_90. Default: all.")
    private List<String> targets;

    @Option(
            names = "--kernel",
            paramLabel = "K",
            split = ",",
            description = "Names of kernels, such as affine,resident. Default: all.")
    private List<String> kernels;

    @Option(names = "--all", description = "Compile every variant, with and without activations.")
    private boolean all;

    @Option(names = "--list", description = "Print what would be compiled, and the pass that needs it.")
    private boolean list;

    @Option(names = "--variants", description = "Print a row for each variant, not the worst figures of all variants.")
    private boolean variants;

    @Option(names = "--json", paramLabel = "F", description = "Also write all figures to a file.")
    private String json;

    @Option(
            names = "--before",
            paramLabel = "F",
            description = "Instead of the table, print Markdown tables of what has changed since this file of --json.")
    private String before;

    @Option(names = "--exceptions", paramLabel = "F", description = "Violations that are accepted, with their reasons.")
    private String exceptions;

    @Option(names = "--intel", paramLabel = "DIR", hidden = true, description = "Where Intel's packages are unpacked.")
    private String intel;

    private GpuCompilers() {}

    /**
     * Runs the command and exits with its code.
     *
     * @param arguments the command line
     */
    public static void main(String[] arguments) {
        DeveloperProgram.exit("gpu-compilers", new GpuCompilers(), arguments);
    }

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        // Read first: a file that is not there is an error before the work.
        JsonNode older = before == null ? null : new ObjectMapper().readTree(Files.readString(Path.of(before)));
        Compilers compilers = Compilers.find(intel == null ? null : Path.of(intel));
        List<PlannedKernel> selected = selected(compilers);
        if (list) {
            selected.forEach(planned -> out.println(planned.target() + " " + planned.build() + ": " + planned.count()
                    + " passes, " + planned.example()));
            return ExitCode.DONE;
        }
        compilers.missing().forEach(line -> err.println("gpu-compilers: " + line));
        List<KernelFacts> facts = Compilation.run(compilers, selected, done -> progress(err, done, selected.size()));
        List<Violation> violations =
                facts.stream().flatMap(of -> Violation.of(of).stream()).toList();
        String document = KernelJson.text(facts, violations);
        out.print(
                older == null ? table(facts) : new BeforeAndAfter(older, new ObjectMapper().readTree(document)).text());
        if (json != null) {
            Files.writeString(OutputFile.path("--json", json), document + "\n");
        }
        boolean good = report(out, violations, facts);
        List<String> required = compilers.missingOf(System.getenv().getOrDefault(Compilers.REQUIRED, ""));
        required.forEach(name -> err.println("gpu-compilers: " + name + " is required by " + Compilers.REQUIRED));
        return good && required.isEmpty() ? ExitCode.DONE : ExitCode.FAILURE;
    }

    private String table(List<KernelFacts> facts) {
        return variants ? KernelTable.each(facts) : KernelTable.worst(facts);
    }

    private List<PlannedKernel> selected(Compilers compilers) {
        Set<Target> of = targets == null
                ? EnumSet.allOf(Target.class)
                : targets.stream().map(Target::parse).collect(Collectors.toSet());
        Set<Activation> activations = all ? EnumSet.allOf(Activation.class) : Set.of(Activation.NONE);
        Collection<PlannedKernel> planned = PlannedKernels.of(Gpu.ALL, activations);
        Collection<PlannedKernel> chosen = all ? planned : Selection.most(planned);
        List<PlannedKernel> selected = chosen.stream()
                .filter(kernel -> of.contains(kernel.target()) && (list || compilers.has(kernel.target())))
                .filter(kernel ->
                        kernels == null || kernels.contains(kernel.build().kernel()))
                .toList();
        if (selected.isEmpty()) {
            throw new IllegalArgumentException("no kernel is selected: --list names all");
        }
        return selected;
    }

    private static void progress(PrintWriter err, int done, int count) {
        if (System.console() != null) {
            err.printf(Locale.ROOT, "\r%d of %d%s", done, count, done == count ? "\n" : "");
            err.flush();
        }
    }

    /** Prints violations and unneeded exceptions; false if there is one. */
    private boolean report(PrintWriter out, List<Violation> violations, List<KernelFacts> compiled) throws IOException {
        KnownExceptions known =
                exceptions == null ? KnownExceptions.of(List.of()) : KnownExceptions.read(Path.of(exceptions));
        List<Violation> remaining = known.remaining(violations);
        List<KnownExceptions.Entry> unneeded = known.unneeded(violations, compiled);
        out.println();
        remaining.forEach(out::println);
        unneeded.forEach(entry -> out.println("not needed any more: " + exceptions + ", " + entry));
        out.printf(
                Locale.ROOT,
                "%d kernels compiled, %d violations, %d of them known%n",
                compiled.size(),
                violations.size(),
                violations.size() - remaining.size());
        return remaining.isEmpty() && unneeded.isEmpty();
    }
}
