package io.github.clnorm.tools.terminal;

import java.util.concurrent.Callable;
import picocli.CommandLine;

/** Runs a program of the project's developers, which is not a subcommand of clnorm. */
public final class DeveloperProgram {
    private DeveloperProgram() {}

    /**
     * Runs the program, and exits with its code. A failure prints one line.
     *
     * @param name before the message of a failure
     */
    public static void exit(String name, Callable<Integer> program, String... arguments) {
        CommandLine commandLine = new CommandLine(program);
        commandLine.setExecutionExceptionHandler((e, at, parsed) -> {
            at.getErr().println(name + ": " + e.getMessage());
            return e instanceof IllegalArgumentException ? ExitCode.WRONG_REQUEST : ExitCode.FAILURE;
        });
        System.exit(commandLine.execute(arguments));
    }
}
