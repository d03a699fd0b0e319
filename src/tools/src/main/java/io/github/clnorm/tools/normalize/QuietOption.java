package io.github.clnorm.tools.normalize;

import picocli.CommandLine.Option;

/** Whether a command prints its summary. */
final class QuietOption {

    @Option(
            names = "--quiet",
            description = "No summary, and no comparison with float64, without which a wrong result is not noticed.")
    private boolean quiet;

    boolean isQuiet() {
        return quiet;
    }
}
