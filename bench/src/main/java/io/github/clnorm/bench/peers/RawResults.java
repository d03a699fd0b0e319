package io.github.clnorm.bench.peers;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;

/** One JSON document with the machine, the versions, every check, and JMH's own results under "jmh". */
final class RawResults {

    private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Path file;
    private final OffsetDateTime begun;
    private final Load before;
    private final Map<String, String> versions = new LinkedHashMap<>();
    private final List<Checked> checks = new ArrayList<>();
    private final List<RunResult> results = new ArrayList<>();

    /**
     * The results of a run, to be written to a file. Created before the run, so that a file that cannot be written
     * fails early.
     *
     * @throws IllegalArgumentException when it is a folder
     * @throws IOException when it cannot be written, with its name
     */
    RawResults(Path file, OffsetDateTime begun, Load before) throws IOException {
        if (file.toString().isEmpty() || Files.isDirectory(file)) {
            throw new IllegalArgumentException(
                    "--json: '" + file + "' is a folder, or nothing: expected the name of a file");
        }
        this.file = file;
        this.begun = begun;
        this.before = before;
        try {
            Path folder = file.toAbsolutePath().getParent();
            Files.createDirectories(folder);
            if (!Files.isWritable(Files.exists(file) ? file : folder)) {
                throw new IOException(file + ": cannot be written: permission denied");
            }
        } catch (FileSystemException e) {
            throw new IOException(
                    file + ": cannot be written: " + (e.getReason() != null ? e.getReason() : e.toString()), e);
        }
    }

    /** The result of a peer's check. */
    record Checked(Workload workload, Setting setting, Direction direction, PeerName peer, PeerVerdict verdict) {}

    void checked(Checked check) {
        checks.add(check);
    }

    void timed(Collection<RunResult> times) {
        results.addAll(times);
    }

    /** Notes a library's version; returns whether it is new. */
    boolean version(PeerName peer, String version) {
        return versions.put(peer.toString(), version) == null;
    }

    /** Where the results go. */
    Path file() {
        return file;
    }

    /** Replaces the file with all results so far. */
    void write() throws IOException {
        ObjectNode document = MAPPER.createObjectNode();
        document.put("format", 1);
        document.put("date", begun.truncatedTo(ChronoUnit.SECONDS).toString());
        document.put("cpu", cpu());
        document.put("java", Runtime.version().toString());
        document.put("huge_pages", HugePages.mode());
        Load now = Load.now();
        document.putObject("load")
                .put("before", before.average())
                .put("after", now.average())
                .put("processors_of_other_programs", now.ofOthersSince(before));
        ObjectNode ofPeers = document.putObject("versions");
        versions.forEach(ofPeers::put);
        ArrayNode nodes = document.putArray("checks");
        for (Checked checked : checks) {
            PeerVerdict verdict = checked.verdict();
            ObjectNode check = nodes.addObject();
            check.put("workload", checked.workload().name());
            check.put("layout", checked.workload().layout().toString());
            check.put("dtype", checked.setting().type().toString());
            check.put("threads", checked.setting().threads());
            check.put("calls", checked.setting().calls());
            check.put("direction", checked.direction().toString());
            check.put("peer", checked.peer().toString());
            check.put("status", verdict.status().toString());
            if (Double.isFinite(verdict.error())) {
                check.put("error", verdict.error());
            }
            if (verdict.status() == PeerVerdict.Status.OK) {
                check.put("huge_pages_mb", verdict.hugePagesMb());
            }
            if (verdict.implementation() != null) {
                check.put("implementation", verdict.implementation());
            }
            if (verdict.reason() != null) {
                check.put("reason", verdict.reason());
            }
        }
        document.set("jmh", jmh(results));
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            MAPPER.writeValue(file.toFile(), document);
            return;
        }
        // Atomically, because the run may be interrupted at any time.
        Path part = file.resolveSibling("." + file.getFileName() + ".part");
        MAPPER.writeValue(part.toFile(), document);
        Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    }

    private static ArrayNode jmh(Collection<RunResult> results) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        ResultFormatFactory.getInstance(ResultFormatType.JSON, out).writeOut(results);
        out.flush();
        ArrayNode nodes = (ArrayNode) MAPPER.readTree(bytes.toByteArray());
        // Paths of this machine, which mean nothing to readers of the results.
        nodes.forEach(node -> ((ObjectNode) node).remove(List.of("jvm", "jvmArgs")));
        return nodes;
    }

    private static String cpu() throws IOException {
        Path info = Path.of("/proc/cpuinfo");
        if (Files.exists(info)) {
            for (String line : Files.readAllLines(info)) {
                if (line.startsWith("model name")) {
                    return line.substring(line.indexOf(':') + 1).strip();
                }
            }
        }
        return System.getProperty("os.arch");
    }
}
