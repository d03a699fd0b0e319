package io.github.clnorm.tools.terminal;

import java.io.IOException;
import picocli.CommandLine.Option;

/** Whether a command's results are wanted as a document for programs, and where. */
public final class JsonOption {

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
    public boolean isWanted() {
        return json != null;
    }

    /** Whether it is all that goes to standard output. */
    public boolean replacesTable() {
        return json != null && json.isEmpty();
    }

    /** The file for it, made before the work whose result it takes; null where none is wanted. */
    public AtomicFile open() throws IOException {
        return OutputFile.open("--json", file());
    }

    /** The file's name; null where none is wanted. */
    public String file() {
        return json == null || json.isEmpty() ? null : json;
    }
}
