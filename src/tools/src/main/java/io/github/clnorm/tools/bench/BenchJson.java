package io.github.clnorm.tools.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.runtime.KernelSource;
import io.github.clnorm.internal.timing.Spread;
import io.github.clnorm.tools.comparison.SavedBench;
import io.github.clnorm.tools.machine.DeviceJson;
import io.github.clnorm.tools.measure.BenchRow;
import io.github.clnorm.tools.measure.Figures;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.JsonDocument;
import io.github.clnorm.tools.terminal.JsonOption;
import io.github.clnorm.tools.terminal.Seconds;
import java.io.IOException;
import java.util.List;

/**
 * The results of bench in JSON. Times are in microseconds, rates in 1e9 bytes per second. A value is null if it was not
 * measured or is not plausible.
 */
public final class BenchJson implements JsonOption.Document {

    private final JsonDocument document = new JsonDocument();
    private final ObjectNode root = document.root();
    private final ArrayNode devices;

    /** An empty document. */
    public BenchJson(List<String> suites, Seconds budget, String tune) throws IOException {
        root.put("format", SavedBench.FORMAT).put("kind", "bench");
        document.version();
        root.put("kernels", KernelSource.hash());
        document.date();
        root.put("interrupted", false);
        ArrayNode names = root.putArray("suites");
        suites.forEach(names::add);
        root.put("budget_seconds", budget.seconds()).put("tune", tune);
        root.putObject("host")
                .put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"))
                .put("arch", System.getProperty("os.arch"))
                .put("java", System.getProperty("java.runtime.version"))
                .put("processors", Runtime.getRuntime().availableProcessors());
        devices = root.putArray("devices");
    }

    /** Whether the run was stopped. */
    public void interrupted(boolean before) {
        root.put("interrupted", before);
    }

    /** Adds a measured device. */
    public void add(DeviceRun run) {
        add(run.device(), run.emptyLaunch(), run.problem(), run.rows());
    }

    /** Adds a device and its rows, in the order of measuring, and its problem if it failed. */
    public void add(DeviceInfo info, Spread emptyLaunch, String problem, List<BenchRow> rows) {
        ObjectNode device = DeviceJson.describe(devices.addObject(), info).put("problem", problem);
        spread(device, "empty_launch_us", emptyLaunch);
        ArrayNode nodes = device.putArray("rows");
        rows.forEach(row -> add(nodes.addObject(), row));
    }

    /** Adds what the devices make together: one value for each device in the order of {@code devices}. */
    public void addFleet(List<DeviceInfo> selected, String problem, List<FleetRow> rows) {
        ObjectNode fleet = root.putObject("fleet").put("problem", problem);
        ArrayNode members = fleet.putArray("devices");
        selected.forEach(device -> members.add(device.selector()));
        ArrayNode nodes = fleet.putArray("rows");
        for (FleetRow row : rows) {
            ObjectNode node = WorkloadJson.describe(nodes.addObject(), row.workload())
                    .put("status", row.status().toString())
                    .put("reason", row.reason());
            if (row.weights() == null) {
                continue;
            }
            ArrayNode alone = node.putArray("alone_us");
            for (double nanoseconds : row.weights().aloneNanoseconds()) {
                if (Double.isInfinite(nanoseconds)) {
                    alone.addNull();
                } else {
                    alone.add(nanoseconds / 1e3);
                }
            }
            node.put("fleet_us", row.weights().togetherNanoseconds() / 1e3);
            ArrayNode weights = node.putArray("weights");
            for (double weight : row.weights().weights()) {
                weights.add(weight);
            }
            ArrayNode leftOut = node.putArray("left_out");
            row.weights().leftOut().forEach(leftOut::add);
        }
    }

    private static void add(ObjectNode node, BenchRow row) {
        Workload workload = row.workload();
        WorkloadJson.describe(node, workload)
                .put("bytes", workload.bytes())
                .put("direction", row.direction().toString())
                .put("status", row.status().toString())
                .put("reason", row.reason());
        Figures figures = row.figures();
        if (figures == null) {
            return;
        }
        spread(node, "us", figures.time());
        JsonDocument.number(node, "device_us", figures.deviceMicroseconds());
        node.put("gb_per_s", figures.gigabytesPerSecond()).put("share", figures.share());
        JsonDocument.number(node, "error", figures.error());
        node.put("plan", figures.plan().toString())
                .put("launches", figures.launches())
                .put("workspace_bytes", figures.workspaceBytes())
                .put("implausible", figures.implausible());
        // Null if the heuristics' plan ran.
        if (figures.heuristic() == null) {
            node.putNull("heuristic");
        } else {
            ObjectNode heuristic = node.putObject("heuristic");
            spread(heuristic, "us", figures.heuristic().time());
            heuristic.put("plan", figures.heuristic().plan().toString());
        }
        ObjectNode copy = node.putObject("copy");
        spread(copy, "us", figures.copy());
        copy.put("gb_per_s", figures.copyGigabytesPerSecond()).put("plan", figures.copyPlan());
    }

    private static void spread(ObjectNode node, String name, Spread spread) {
        if (spread == null) {
            node.putNull(name);
            return;
        }
        node.putObject(name)
                .put("median", spread.median())
                .put("p10", spread.p10())
                .put("p90", spread.p90())
                .put("samples", spread.samples());
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
