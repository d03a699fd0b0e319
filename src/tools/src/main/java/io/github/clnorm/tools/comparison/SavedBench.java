package io.github.clnorm.tools.comparison;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.clnorm.internal.timing.Spread;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.RowStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads documents of {@code clnorm bench --json}, also inside a survey. Nothing in them is trusted: they come from other machines and people.
 */
public final class SavedBench {

    /** The document's format. It changes if a reader of the old format would misread the new one. */
    public static final int FORMAT = 1;

    private SavedBench() {}

    /**
     * Reads a file.
     *
     * @param name the run's name in the comparison
     * @throws IllegalArgumentException if the file is not a document of bench in a known format
     */
    public static SavedRun read(Path file, String name) throws IOException {
        return of(name, file.toString(), SavedDocument.read(file));
    }

    /**
     * Reads a document from another machine.
     *
     * @param name the run's name in the comparison
     * @param text the document
     * @throws IllegalArgumentException if it is not a document of bench in a known format
     */
    public static SavedRun parse(String name, String text) throws IOException {
        return of(name, name, SavedDocument.parse(name, text.getBytes(StandardCharsets.UTF_8)));
    }

    /** The run that was just measured. */
    public static SavedRun of(JsonNode document) {
        return of("this run", "this run", document);
    }

    private static SavedRun of(String name, String source, JsonNode document) {
        SavedNode root = new SavedNode(source, document);
        if (document == null || !document.isObject() || !document.has("format") || !document.has("kind")) {
            throw root.refused("no document of clnorm bench --json");
        }
        String kind = root.get("kind").text();
        if (kind.equals("survey")) {
            JsonNode bench = document.path("bench");
            if (!bench.isObject()) {
                throw root.refused("the survey has no measurements");
            }
            return of(name, source, bench);
        }
        if (!kind.equals("bench")) {
            throw root.refused("it is of clnorm " + kind + ", expected one of clnorm bench --json");
        }
        long format = root.get("format").whole(1);
        if (format != FORMAT) {
            throw root.refused("format " + format + " is not known: this clnorm reads format " + FORMAT);
        }
        Map<String, String> environment = new LinkedHashMap<>();
        for (String part : List.of("suites", "budget_seconds", "tune")) {
            root.find(part).ifPresent(value -> environment.put(part, value.shown()));
        }
        root.find("host").ifPresent(host -> host.names()
                .forEach(part -> environment.put(part, host.get(part).shown())));
        return new SavedRun(
                name,
                root.get("clnorm").text(),
                root.get("kernels").text(),
                root.get("date").text(),
                root.get("interrupted").bool(),
                environment,
                root.get("devices").list().stream().map(SavedBench::device).toList());
    }

    private static SavedDevice device(SavedNode node) {
        Map<String, String> facts = new LinkedHashMap<>();
        for (String name : node.names()) {
            if (!Set.of("rows", "empty_launch_us", "problem").contains(name)) {
                facts.put(name, node.get(name).shown());
            }
        }
        Map<MeasuredPass, SavedRow> rows = new LinkedHashMap<>();
        for (SavedNode row : node.get("rows").list()) {
            SavedRow read = row(row);
            if (rows.put(read.pass(), read) != null) {
                throw row.refused(read.pass() + " is there twice");
            }
        }
        return new SavedDevice(
                node.get("name").text(),
                node.get("platform").text(),
                node.get("driver").text(),
                facts,
                node.find("empty_launch_us").map(SavedBench::spread),
                node.text("problem"),
                rows);
    }

    private static SavedRow row(SavedNode node) {
        MeasuredPass pass = new MeasuredPass(
                node.get("workload").word(),
                node.get("dtype").word(),
                node.text("layout"),
                node.get("direction").word(Direction.class));
        RowStatus status = node.get("status").word(RowStatus.class);
        return new SavedRow(
                pass,
                node.get("bytes").whole(1),
                status,
                node.text("reason"),
                status == RowStatus.OK ? figures(node) : null);
    }

    private static SavedFigures figures(SavedNode node) {
        Spread time = spread(node.get("us"));
        String plan = node.get("plan").text();
        SavedNode copy = node.get("copy");
        return new SavedFigures(
                time,
                node.number("device_us"),
                node.get("gb_per_s").positive(),
                node.get("share").positive(),
                node.number("error"),
                plan,
                node.get("launches").whole(0),
                node.get("workspace_bytes").whole(0),
                spread(copy.get("us")),
                copy.get("gb_per_s").positive(),
                tuning(node, time, plan));
    }

    /** Documents of older versions do not have it. */
    private static Optional<SavedFigures.TuningGain> tuning(SavedNode node, Spread time, String plan) {
        if (!node.has("heuristic")) {
            return Optional.empty();
        }
        return Optional.of(node.find("heuristic")
                .map(heuristic -> {
                    Spread by = spread(heuristic.get("us"));
                    return new SavedFigures.TuningGain(by, heuristic.get("plan").text(), by.median() / time.median());
                })
                .orElseGet(() -> new SavedFigures.TuningGain(time, plan, 1)));
    }

    private static Spread spread(SavedNode node) {
        Spread spread = new Spread(
                node.get("median").positive(),
                node.get("p10").positive(),
                node.get("p90").positive(),
                Math.toIntExact(Math.min(node.get("samples").whole(1), Integer.MAX_VALUE)));
        if (spread.p10() > spread.median() || spread.median() > spread.p90()) {
            throw node.expected("p10, median and p90 in rising order");
        }
        return spread;
    }
}
