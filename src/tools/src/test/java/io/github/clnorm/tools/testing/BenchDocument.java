package io.github.clnorm.tools.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A document as {@code clnorm bench --json} writes it, with made-up figures. */
public final class BenchDocument {

    /** A name with characters that have a meaning in HTML, Markdown, CSV and terminals. */
    public static final String HOSTILE =
            "</script><script>alert(1)</script><img src=x onerror=\"alert('2')\">\n{{page.title}} & ]]> <!--";

    private final ObjectNode root = new ObjectMapper().createObjectNode();
    private final ArrayNode devices;
    private ArrayNode rows;

    public BenchDocument() {
        root.put("format", 1)
                .put("kind", "bench")
                .put("clnorm", "0.1.0")
                .put("kernels", "0123456789abcdef")
                .put("date", "2026-11-21T10:00:00Z")
                .put("interrupted", false);
        root.putArray("suites").add("quick");
        root.put("budget_seconds", 2.0).put("tune", "cached");
        root.putObject("host").put("os", "Linux 6").put("processors", 2);
        devices = root.putArray("devices");
    }

    /** The document, for changes by hand. */
    public ObjectNode root() {
        return root;
    }

    /** A device; rows that follow are its own. */
    public BenchDocument device(String name) {
        ObjectNode device = devices.addObject()
                .put("selector", "0:" + devices.size())
                .put("platform", "NVIDIA CUDA")
                .put("vendor", "NVIDIA Corporation")
                .put("name", name)
                .put("driver", "555.42")
                .put("compute_units", 132)
                .putNull("problem");
        spread(device.putObject("empty_launch_us"), 5);
        rows = device.putArray("rows");
        return this;
    }

    /** A measured row: ten percent up and down. */
    public BenchDocument row(String workload, String direction, double microseconds) {
        ObjectNode row = describe(workload, direction).put("status", "ok").put("reason", "");
        spread(row.putObject("us"), microseconds);
        row.putNull("device_us")
                .put("gb_per_s", 20_000 / microseconds)
                .put("share", 1000 / microseconds)
                .put("error", 2e-7)
                .put("plan", "resident, work-group 64, vector 4")
                .put("launches", 1)
                .put("workspace_bytes", 0)
                .put("implausible", 0);
        ObjectNode heuristic = row.putObject("heuristic").put("plan", "split, work-group 64, vector 4");
        spread(heuristic.putObject("us"), 1.25 * microseconds);
        ObjectNode copy = row.putObject("copy").put("gb_per_s", 20.0).put("plan", "work-group 1");
        spread(copy.putObject("us"), 1000);
        return this;
    }

    /** A row that was not measured. */
    public BenchDocument without(String workload, String direction, String status, String reason) {
        describe(workload, direction).put("status", status).put("reason", reason);
        return this;
    }

    private ObjectNode describe(String workload, String direction) {
        return rows.addObject()
                .put("workload", workload)
                .put("operation", workload.split(" ")[0])
                .put("dtype", "float32")
                .put("layout", workload.startsWith("layer_norm") ? null : "channels_first")
                .put("bytes", 10_485_760)
                .put("direction", direction);
    }

    private static void spread(ObjectNode node, double median) {
        node.put("median", median)
                .put("p10", 0.9 * median)
                .put("p90", 1.1 * median)
                .put("samples", 50);
    }

    /** Writes it. */
    public Path write(Path file) throws IOException {
        return Files.writeString(file, root.toPrettyString());
    }
}
