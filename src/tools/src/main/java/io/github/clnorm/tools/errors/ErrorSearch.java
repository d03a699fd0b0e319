package io.github.clnorm.tools.errors;

import io.github.clnorm.Backend;
import io.github.clnorm.tools.conformance.PromisedBounds;
import io.github.clnorm.tools.machine.DeviceOption;
import io.github.clnorm.tools.terminal.DeveloperProgram;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The program behind {@code bench/error-search}. */
@Command(
        name = "bench/error-search",
        description = "Search for inputs whose float32 results have the largest errors.",
        mixinStandardHelpOptions = true,
        footer = {"", "Exit code 1: a result is NaN, or an error exceeds the promise."})
public final class ErrorSearch implements Callable<Integer> {

    private static final int KEPT = 10;

    @Spec
    private CommandSpec spec;

    @Mixin
    private DeviceOption device;

    @Option(names = "--seed", paramLabel = "N", description = "Of everything random. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    @Option(names = "--problems", paramLabel = "N", description = "Random sets. Default: ${DEFAULT-VALUE}.")
    private long problems = 1_000_000;

    @Option(
            names = "--climbs",
            paramLabel = "N",
            description = "Hill climbs, from the worst. Default: ${DEFAULT-VALUE}.")
    private int climbs = 32;

    @Option(names = "--generations", paramLabel = "N", description = "Of each climb. Default: ${DEFAULT-VALUE}.")
    private int generations = 1500;

    @Option(names = "--output", paramLabel = "F", description = "Also write the worst ten to a file.")
    private Path output;

    private ErrorSearch() {}

    /**
     * Runs the command and exits with its code.
     *
     * @param arguments the command line
     */
    public static void main(String[] arguments) {
        DeveloperProgram.exit("error-search", new ErrorSearch(), arguments);
    }

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        Worst worst = new Worst();
        boolean missing;
        try (Backend backend = Backend.open(device.selector().select())) {
            out.println(backend.device().description() + ", seed " + seed);
            RandomSearch search = new RandomSearch(backend, seed);
            search.run(problems, done -> {
                if (search.scenarios() % 100 == 0) {
                    err.println("error-search: " + done + " sets of " + search.scenarios() + " scenarios");
                }
            });
            out.println(
                    search.problems() + " random sets of " + search.scenarios() + " scenarios\n\n" + search.tables());
            search.missing().forEach(found -> out.println("NaN: " + line(found) + ", " + found.first()));
            missing = !search.missing().isEmpty();
            int number = 0;
            for (Found start : search.worst().ofEachGroup(climbs)) {
                Found end = new HillClimb(backend, seed + number).run(start, generations);
                worst.add(Integer.toString(number), end);
                out.println(line(start) + "\n  -> " + line(end));
                number++;
            }
        }
        List<Found> ten = worst.ofEachGroup(KEPT);
        if (output != null) {
            Files.writeString(output, FoundJson.text(ten));
        }
        return missing || ten.stream().anyMatch(ErrorSearch::breaksPromise) ? ExitCode.FAILURE : ExitCode.DONE;
    }

    private static boolean breaksPromise(Found found) {
        return !(found.error().promised() <= PromisedBounds.forward(ElementType.FLOAT32));
    }

    private static String line(Found found) {
        return String.format(
                Locale.ROOT,
                "%.3e (%.3e) %s: %s, |mean| %.1f",
                found.error().promised(),
                found.error().plain(),
                found.origin(),
                found.scenario(),
                found.error().ratio());
    }
}
