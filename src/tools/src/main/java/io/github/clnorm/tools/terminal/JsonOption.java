package io.github.clnorm.tools.terminal;

import java.util.function.Supplier;
import java.io.PrintWriter;
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

    /** Prints a document if it replaces the table. */
    public void print(PrintWriter out, Document document) throws IOException {
        if (replacesTable()) {
            out.print(document.text());
            out.flush();
        }
    }

    /** Runs a step that comes before the measurements. If it fails, a document that replaces the table is still printed. */
    public <T> T printIfFails(PrintWriter out, Document document, Supplier<T> step) throws IOException {
        try {
            return step.get();
        } catch (RuntimeException e) {
            print(out, document);
            throw e;
        }
    }

    /** What a command writes as JSON. */
    public interface Document {

        /** The text, with a line break at its end. */
        String text() throws IOException;
    }
}
