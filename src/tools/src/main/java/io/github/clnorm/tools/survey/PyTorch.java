package io.github.clnorm.tools.survey;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;
import io.github.clnorm.internal.timing.Spread;
import io.github.clnorm.tools.bench.WorkloadJson;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.JsonDocument;
import io.github.clnorm.tools.terminal.MessageText;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.StreamSupport;

/**
 * PyTorch's own layers on the same device, measured by a script in a Python of this machine. The script measures a workload
 * when it is asked, so that its passes come right after clnorm's. If it fails or does not answer, the survey goes on
 * without it.
 */
final class PyTorch implements AutoCloseable {

    /** The word that leaves PyTorch out. */
    static final String OFF = "off";

    /** The word that takes PyTorch's device that is the surveyed one. */
    static final String AUTO = "auto";

    private static final String SCRIPT = "pytorch_layers.py";
    // Importing torch from a cold disk takes half a minute.
    private static final long START = TimeUnit.SECONDS.toNanos(60);
    private static final long ANSWER = TimeUnit.SECONDS.toNanos(20);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** Starts a Python with the script's arguments. */
    interface Starter {
        Conversation start(List<String> arguments) throws IOException;
    }

    private final Starter starter;
    private final List<String> arguments;
    private final List<PyTorchRow> rows = new ArrayList<>();
    private volatile Conversation conversation;
    private ObjectNode facts;
    private String problem = "";
    private boolean compiles = true;
    private double compileSeconds;

    private PyTorch(Starter starter, List<String> arguments) {
        this.starter = starter;
        this.arguments = arguments;
    }

    /**
     * Looks for PyTorch.
     *
     * @param pythons the names of Pythons, the first that starts is used
     * @param word {@value #AUTO}, {@value #OFF}, or a device in PyTorch's words, such as {@code cuda:1}
     * @param device the surveyed device
     * @return an object that says why there is no PyTorch if there is none
     */
    static PyTorch find(List<String> pythons, String word, DeviceInfo device) throws IOException {
        byte[] source;
        try (InputStream in = PyTorch.class.getResourceAsStream(SCRIPT)) {
            source = in.readAllBytes();
        }
        return find(
                given -> {
                    IOException none = null;
                    for (String python : pythons) {
                        try {
                            return PythonProcess.start(python, source, given);
                        } catch (IOException e) {
                            // The first one is the one that people have.
                            none = none == null ? e : none;
                        }
                    }
                    throw none;
                },
                word,
                device);
    }

    /** The same, with any starter. */
    static PyTorch find(Starter starter, String word, DeviceInfo device) {
        PyTorch pytorch = new PyTorch(starter, List.of(word, device.name(), device.pciAddress()));
        if (word.equals(OFF)) {
            pytorch.problem = "left out by --pytorch off";
        } else if (word.equals(AUTO) && device.type() == DeviceType.CPU) {
            pytorch.problem = "the device is a CPU: clnorm peers compares with PyTorch there";
        } else {
            pytorch.start();
        }
        return pytorch;
    }

    /** The Pythons to try, the best first. On Windows {@code python3} may be a link to a shop. */
    static List<String> pythons(String system) {
        return system.toLowerCase(Locale.ROOT).startsWith("windows")
                ? List.of("python", "python3")
                : List.of("python3", "python");
    }

    private void start() {
        try {
            conversation = starter.start(arguments);
        } catch (IOException e) {
            problem = String.valueOf(e.getMessage());
        }
    }

    /**
     * Waits until it is ready, or will not be.
     *
     * @param nanoseconds to wait, at most
     */
    void await(long nanoseconds) {
        JsonNode answer = isRunning() ? receive(Math.min(START, nanoseconds)) : null;
        if (answer == null) {
            return;
        }
        if (answer.hasNonNull("problem")) {
            end(answer.get("problem").asText());
            return;
        }
        facts = SurveyDocument.object();
        for (String fact : List.of("python", "torch", "backend", "device")) {
            facts.put(fact, answer.path(fact).asText());
        }
    }

    /** Why it does not measure; empty if it does. */
    String problem() {
        return problem;
    }

    /** Whether it can be asked. */
    boolean isRunning() {
        return conversation != null;
    }

    /** Seconds that {@code torch.compile} took so far. */
    double compileSeconds() {
        return compileSeconds;
    }

    /**
     * Measures a workload.
     *
     * @param workload what is normalized
     * @param seconds of measuring
     * @param compile whether also with {@code torch.compile}
     * @param left nanoseconds that are left of the survey's time
     */
    void measure(Workload workload, double seconds, boolean compile, LongSupplier left) {
        if (!isRunning()) {
            return;
        }
        boolean compiled = compile && compiles;
        ObjectNode request = WorkloadJson.describe(SurveyDocument.object(), workload)
                .put("eps", Workload.EPS)
                .put("seconds", seconds)
                .put("compile", compiled);
        JsonNode answer = null;
        try {
            conversation.send(MAPPER.writeValueAsString(request));
            answer = receive(compiled ? left.getAsLong() : Math.min(left.getAsLong(), ANSWER));
        } catch (IOException e) {
            end(MessageText.oneLine(conversation.lastWords()));
        }
        if (answer != null) {
            take(workload, answer);
        } else if (compiled && left.getAsLong() > 0) {
            // A compiler that hangs or ends its process must not cost the rest.
            compiles = false;
            rows.add(new PyTorchRow(workload, Direction.FORWARD, PyTorchRow.Mode.COMPILED, null, Double.NaN, problem));
            problem = "";
            start();
            await(left.getAsLong());
        }
    }

    private JsonNode receive(long nanoseconds) {
        try {
            while (true) {
                String line = conversation.receive(nanoseconds);
                if (line == null) {
                    end(MessageText.oneLine(conversation.lastWords()));
                    return null;
                }
                // What other modules print is not for this program.
                if (line.startsWith("{")) {
                    return MAPPER.readTree(line);
                }
            }
        } catch (IOException e) {
            end("an answer is no JSON");
            return null;
        }
    }

    private void end(String why) {
        problem = why;
        close();
    }

    private void take(Workload workload, JsonNode answer) {
        try {
            List<PyTorchRow> read = read(workload, answer);
            if (read.isEmpty()) {
                throw new IllegalArgumentException("no rows");
            }
            rows.addAll(read);
            compileSeconds += answer.path("compile_seconds").asDouble();
        } catch (IllegalArgumentException e) {
            end("an answer is not as expected");
        }
    }

    /** The rows of an answer. */
    private static List<PyTorchRow> read(Workload workload, JsonNode answer) {
        List<PyTorchRow> read = new ArrayList<>();
        for (JsonNode row : answer.path("rows")) {
            long[] times = whole(row.path("ns"));
            long[] deviceTimes = whole(row.path("device_ns"));
            read.add(new PyTorchRow(
                    workload,
                    Direction.valueOf(row.path("direction").asText().toUpperCase(Locale.ROOT)),
                    PyTorchRow.Mode.valueOf(row.path("mode").asText().toUpperCase(Locale.ROOT)),
                    times.length == 0 ? null : Spread.of(times),
                    deviceTimes.length == 0
                            ? Double.NaN
                            : Spread.of(deviceTimes).median(),
                    MessageText.oneLine(row.path("problem").asText())));
        }
        return read;
    }

    private static long[] whole(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .mapToLong(JsonNode::asLong)
                .filter(time -> time > 0)
                .toArray();
    }

    /** What was measured so far. */
    List<PyTorchRow> rows() {
        return List.copyOf(rows);
    }

    /** Its section of the document. */
    ObjectNode node() {
        ObjectNode node = facts == null ? SurveyDocument.object() : facts.deepCopy();
        node.put("problem", problem.isEmpty() ? null : problem).put("compile_seconds", compileSeconds);
        ArrayNode list = node.putArray("rows");
        for (PyTorchRow row : rows) {
            ObjectNode of = WorkloadJson.describe(list.addObject(), row.workload())
                    .put("direction", row.direction().toString())
                    .put("mode", row.mode().toString())
                    .put("reason", row.reason());
            if (row.time() == null) {
                of.putNull("us");
            } else {
                of.putObject("us")
                        .put("median", row.time().median())
                        .put("p10", row.time().p10())
                        .put("p90", row.time().p90())
                        .put("samples", row.time().samples());
            }
            JsonDocument.number(of, "device_us", row.deviceMicroseconds());
        }
        return node;
    }

    /** How it ended. */
    Stage.Outcome outcome() {
        if (problem.isEmpty()) {
            return Stage.Outcome.OK;
        }
        return rows.isEmpty()
                ? Stage.Outcome.skipped(problem)
                : Stage.Outcome.cutShort(rows.size() + " passes were measured, then " + problem);
    }

    /** Ends Python. Another thread may be waiting for it. */
    void kill() {
        Conversation running = conversation;
        if (running != null) {
            running.close();
        }
    }

    @Override
    public void close() {
        if (conversation != null) {
            conversation.close();
            conversation = null;
        }
    }
}
