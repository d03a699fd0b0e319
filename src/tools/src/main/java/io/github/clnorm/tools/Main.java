package io.github.clnorm.tools;

import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.internal.driver.ExitGuard;
import io.github.clnorm.internal.driver.PoclCompanion;
import io.github.clnorm.tools.bench.BenchCommand;
import io.github.clnorm.tools.compare.CompareCommand;
import io.github.clnorm.tools.machine.DevicesCommand;
import io.github.clnorm.tools.machine.DoctorCommand;
import io.github.clnorm.tools.normalize.GradCommand;
import io.github.clnorm.tools.normalize.RunCommand;
import io.github.clnorm.tools.survey.Deadline;
import io.github.clnorm.tools.survey.SurveyCommand;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.terminal.MessageText;
import io.github.clnorm.tools.terminal.Numbers;
import io.github.clnorm.tools.terminal.Version;
import io.github.clnorm.tools.tune.TuneCommand;
import io.github.clnorm.tools.tutorial.TutorialCommand;
import io.github.clnorm.tools.verify.VerifyCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program behind the launcher {@code clnorm}. */
@Command(
        name = "clnorm",
        description = "Normalization layers on any OpenCL device.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Exit codes: 0 done; 1 a failure; 2 the request is wrong; 3 no OpenCL device fits.",
            "",
            "If you have a GPU: clnorm survey measures it in 9 minutes and writes one file. Please attach it to a new issue:",
            "https://github.com/clnorm/clnorm/issues"
        })
public final class Main implements Runnable {

    /** The commands by name, in the order of the help text. */
    private static final Map<String, Class<?>> COMMANDS = new LinkedHashMap<>();

    static {
        COMMANDS.put("run", RunCommand.class);
        COMMANDS.put("grad", GradCommand.class);
        COMMANDS.put("devices", DevicesCommand.class);
        COMMANDS.put("doctor", DoctorCommand.class);
        COMMANDS.put("verify", VerifyCommand.class);
        COMMANDS.put("tune", TuneCommand.class);
        COMMANDS.put("bench", BenchCommand.class);
        COMMANDS.put("survey", SurveyCommand.class);
        COMMANDS.put("compare", CompareCommand.class);
        COMMANDS.put("tutorial", TutorialCommand.class);
        COMMANDS.put("peers", PeersCommand.class);
        COMMANDS.put("bundle", BundleCommand.class);
        COMMANDS.put("site", SiteCommand.class);
        COMMANDS.put("test", TestCommand.class);
    }

    /** The commands that load drivers into this process. */
    private static final Set<String> LOADING_DRIVERS =
            Set.of("run", "grad", "verify", "tune", "bench", "survey", "tutorial");

    /** The commands that make few passes or none. */
    private static final Set<String> BRIEF = Set.of("run", "grad", "devices");

    @Spec
    private CommandSpec spec;

    @Option(names = "--verbose", description = "Show the stack trace of a failure.", scope = ScopeType.INHERIT)
    private boolean verbose;

    private static final char NOT_UTF_8 = '\uFFFD';

    private Main() {}

    /**
     * Runs a command and exits with its code.
     *
     * @param arguments the command line
     */
    public static void main(String[] arguments) {
        // Warnings are one line, like errors.
        System.setProperty("java.util.logging.SimpleFormatter.format", "clnorm: %5$s%n");
        if (LOADING_DRIVERS.contains(first(arguments))) {
            ExitGuard.prepare(
                    "clnorm: an OpenCL driver ended the process while it was loaded or its device was opened; clnorm doctor names it",
                    ExitCode.NO_DEVICE);
        }
        if (BRIEF.contains(first(arguments))) {
            PoclCompanion.leaveOut();
        }
        Deadline.ownProcess();
        System.exit(execute(new PrintWriter(System.out, true), new PrintWriter(System.err, true), arguments));
    }

    /**
     * Runs a command. An error is one line.
     *
     * @param out results and tables
     * @param err progress, summaries and errors
     * @param arguments the command line
     * @return the exit code
     */
    public static int execute(PrintWriter out, PrintWriter err, String... arguments) {
        Main main = new Main();
        CommandLine commandLine = new CommandLine(main);
        addCommands(commandLine, arguments);
        commandLine.setOut(out);
        commandLine.setErr(err);
        commandLine.setParameterExceptionHandler(Main::refuse);
        commandLine.setExecutionExceptionHandler(main::fail);
        commandLine.setAbbreviatedOptionsAllowed(false);
        // A file name may begin with @.
        commandLine.setExpandAtFiles(false);
        commandLine.setCaseInsensitiveEnumValuesAllowed(false);
        Numbers.register(commandLine);
        for (String argument : arguments) {
            if (argument.indexOf(NOT_UTF_8) >= 0) {
                // Java has replaced the bytes: the name would be another file's.
                print(commandLine, "'" + argument + "' has bytes that are not UTF-8: rename the file");
                return ExitCode.WRONG_REQUEST;
            }
        }
        try {
            int code = commandLine.execute(arguments);
            if (out.checkError()) {
                print(commandLine, "standard output cannot be written");
                return Math.max(code, ExitCode.FAILURE);
            }
            return code;
        } catch (OutOfMemoryError e) {
            print(
                    commandLine,
                    "the tensors do not fit in Java's memory of "
                            + (Runtime.getRuntime().maxMemory() >> 20) + " MiB: input and output must fit together");
            return ExitCode.FAILURE;
        }
    }

    private static String first(String... arguments) {
        return Arrays.stream(arguments)
                .filter(argument -> !argument.equals("--verbose"))
                .findFirst()
                .orElse("");
    }

    /** Adds the requested command, or all of them if there is none. Each costs milliseconds of reflection. */
    private static void addCommands(CommandLine commandLine, String... arguments) {
        String first = first(arguments);
        Set<String> names = COMMANDS.containsKey(first) ? Set.of(first) : COMMANDS.keySet();
        names.forEach(name -> commandLine.addSubcommand(name, COMMANDS.get(name)));
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "no command given: expected one of "
                        + String.join(", ", spec.subcommands().keySet()));
    }

    private static int refuse(ParameterException e, String[] arguments) {
        CommandLine at = e.getCommandLine();
        if (e instanceof UnmatchedArgumentException unmatched
                && !unmatched.isUnknownOption()
                && !at.getSubcommands().isEmpty()) {
            print(
                    at,
                    "unknown command '" + unmatched.getUnmatched().get(0) + "': expected one of "
                            + String.join(", ", at.getSubcommands().keySet()));
            return ExitCode.WRONG_REQUEST;
        }
        print(at, e.getMessage());
        return ExitCode.WRONG_REQUEST;
    }

    private int fail(Exception e, CommandLine commandLine, CommandLine.ParseResult parsed) {
        if (verbose) {
            e.printStackTrace(commandLine.getErr());
        }
        if (e instanceof NoDeviceException none) {
            print(commandLine, none.getMessage() + (none.hasOtherDevices() ? ", with --device or CLNORM_DEVICE" : ""));
            return ExitCode.NO_DEVICE;
        }
        print(commandLine, message(e));
        return e instanceof IllegalArgumentException ? ExitCode.WRONG_REQUEST : ExitCode.FAILURE;
    }

    private static String message(Exception e) {
        Throwable cause = e instanceof UncheckedIOException ? e.getCause() : e;
        if (cause instanceof FileSystemException file && file.getReason() == null) {
            if (cause instanceof AccessDeniedException) {
                return file.getFile() + ": permission denied";
            }
            if (cause instanceof NoSuchFileException) {
                return file.getFile() + ": no such file or folder";
            }
        }
        if (cause instanceof IOException || cause instanceof IllegalArgumentException || cause.getMessage() != null) {
            return String.valueOf(cause.getMessage());
        }
        return cause.toString();
    }

    private static void print(CommandLine commandLine, String message) {
        PrintWriter err = commandLine.getErr();
        err.println("clnorm: " + MessageText.oneLine(message));
        err.flush();
    }

    /** Entries in the list of commands: the launcher runs these itself, and they need a checkout. */
    private abstract static class OfLauncher implements Runnable {
        @Spec
        private CommandSpec spec;

        @Override
        public void run() {
            throw new IllegalArgumentException("clnorm " + spec.name()
                    + " is run by the launcher at the top of a checkout: ./clnorm " + spec.name());
        }
    }

    /** The pages and the Javadoc as a website. */
    @Command(
            name = "site",
            description = "Make a website of the pages and the Javadoc (from a checkout, by the launcher).")
    static final class SiteCommand extends OfLauncher {}

    /** The project's tests. */
    @Command(name = "test", description = "Run the project's tests (from a checkout, by the launcher).")
    static final class TestCommand extends OfLauncher {}

    /** The comparison with other libraries. */
    @Command(
            name = "peers",
            description =
                    "Speed next to libtorch, oneDNN, ONNX Runtime and plain Java (from a checkout, by the launcher).")
    static final class PeersCommand extends OfLauncher {}

    /** The bundle for other machines. */
    @Command(
            name = "bundle",
            description =
                    "Make a folder that runs on a machine with nothing but a driver (from a checkout, by the launcher).")
    static final class BundleCommand extends OfLauncher {}
}
