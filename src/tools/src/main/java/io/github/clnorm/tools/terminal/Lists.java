package io.github.clnorm.tools.terminal;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Options that take a list separated by commas. */
public final class Lists {

    private Lists() {}

    /** Rejects empty elements, which picocli drops at the end of a list. */
    public static void check(CommandSpec spec, String... options) {
        for (String option : options) {
            OptionSpec given = spec.commandLine().getParseResult().matchedOption(option);
            if (given == null) {
                continue;
            }
            for (String text : given.originalStringValues()) {
                if (("," + text + ",").matches(".*,\\s*,.*")) {
                    throw new IllegalArgumentException(option + ": '" + text
                            + "' has an empty element, expected values with single commas between them");
                }
            }
        }
    }
}
