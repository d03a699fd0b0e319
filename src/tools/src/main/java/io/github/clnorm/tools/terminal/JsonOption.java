package io.github.clnorm.tools.terminal;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** The option {@code --json}: whether a command writes its results as a document, and where. */
public final class JsonOption {

    @Option(
            names = "--json",
            paramLabel = "F",
            arity = "0..1",
            fallbackValue = "",
            description = "Also write a JSON document to a file. Without a name, print it to standard output instead of"
                    + " the table.")
    private String json;

    /** Whether the option was given. */
    public boolean isWanted() {
        return json != null;
    }

    /** Whether the document replaces the table on standard output. */
    public boolean replacesTable() {
        return json != null && json.isEmpty();
    }

    /** Opens the file before the work that produces its content; null if there is none. */
    public AtomicFile open() throws IOException {
        return OutputFile.open("--json", file());
    }

    /** The file's name; null if there is none. */
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
