package io.github.clnorm.tools.cli;

import java.io.IOException;
import picocli.CommandLine.Option;

/** Whether a command's results are wanted as a document for programs, and where. */
final class JsonOption {

    @Option(
            names = "--json",
            paramLabel = "F",
            arity = "0..1",
            fallbackValue = "",
            description =
                    "One JSON document: to a file, beside the table, or without a name to standard output, instead of"
                            + " it.")
    private String json;

    /** Whether there is to be one at all. */
    boolean isWanted() {
        return json != null;
    }

    /** Whether it is all that goes to standard output. */
    boolean replacesTable() {
        return json != null && json.isEmpty();
    }

    /** The file for it, made before the work whose result it takes; null where none is wanted. */
    AtomicFile open() throws IOException {
        return OutputFile.open("--json", file());
    }

    /** The file's name; null where none is wanted. */
    String file() {
        return json == null || json.isEmpty() ? null : json;
    }
}
