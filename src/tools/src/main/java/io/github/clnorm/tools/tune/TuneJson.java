package io.github.clnorm.tools.tune;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.runtime.KernelSource;
import io.github.clnorm.internal.tune.Tuned;
import io.github.clnorm.tools.bench.WorkloadJson;
import io.github.clnorm.tools.machine.DeviceJson;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.JsonDocument;
import io.github.clnorm.tools.terminal.JsonOption;
import io.github.clnorm.tools.terminal.Seconds;
import java.io.IOException;
import java.util.List;

/** The results of tuning in JSON. Times are in microseconds. */
public final class TuneJson implements JsonOption.Document {

    /** The document's format. It changes if a reader of the old format would misread the new one. */
    static final int FORMAT = 1;

    private final JsonDocument document = new JsonDocument();
    private final ObjectNode root = document.root();
    private final ArrayNode devices;

    /** An empty document. */
    public TuneJson(Seconds budget) throws IOException {
        root.put("format", FORMAT).put("kind", "tune");
        document.version();
        root.put("kernels", KernelSource.hash());
        document.date();
        root.put("interrupted", false).put("budget_seconds", budget.seconds());
        devices = root.putArray("devices");
    }

    /** Whether the search was stopped. */
    public void interrupted(boolean before) {
        root.put("interrupted", before);
    }

    /** Adds a device and its rows, and its problem if it failed. */
    public void add(DeviceInfo info, String problem, List<TuneRow> rows) {
        ObjectNode device = DeviceJson.describe(devices.addObject(), info).put("problem", problem);
        ArrayNode nodes = device.putArray("rows");
        rows.forEach(row -> add(nodes.addObject(), row));
    }

    private static void add(ObjectNode node, TuneRow row) {
        Workload workload = row.workload();
        WorkloadJson.describe(node, workload)
                .put("direction", row.direction().toString())
                .put("status", row.status().toString())
                .put("reason", row.reason());
        Tuned tuned = row.tuned();
        if (tuned == null) {
            return;
        }
        if (row.status() == RowStatus.OK) {
            node.put("us", tuned.microseconds())
                    .put("heuristic_us", tuned.heuristicMicroseconds())
                    .put("gain", tuned.gain())
                    .put("plan", tuned.plan().toString());
        }
        node.put("heuristic_plan", tuned.heuristic().toString()).put("tried", tuned.tried());
        ArrayNode rejected = node.putArray("rejected");
        tuned.rejected()
                .forEach(out ->
                        rejected.addObject().put("plan", out.plan().toString()).put("reason", out.reason()));
    }

    /** The document's object. */
    public ObjectNode root() {
        return root;
    }

    @Override
    public String text() throws IOException {
        return document.text() + "\n";
    }
}
