package io.github.clnorm.tools.normalize;

import picocli.CommandLine.Option;

/** Whether a command prints its summary. */
final class QuietOption {

    @Option(
            names = "--quiet",
            description = "Print no summary, and skip the comparison with float64, which detects wrong results.")
    private boolean quiet;

    boolean isQuiet() {
        return quiet;
    }
}
