package io.github.clnorm.tools.verify;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.tools.conformance.ConformanceReport;
import io.github.clnorm.tools.conformance.ConformanceRow;
import io.github.clnorm.tools.conformance.Failure;
import io.github.clnorm.tools.machine.DeviceJson;
import io.github.clnorm.tools.terminal.JsonDocument;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.util.Locale;

/**
 * Conformance reports in JSON. A value is null if nothing was compared, and "NaN" or "Infinity" as a string, because
 * JSON has no such numbers.
 */
public final class VerifyJson {

    private static final int FORMAT = 1;

    private final JsonDocument document = new JsonDocument();
    private final ArrayNode devices;

    /** An empty document. */
    public VerifyJson() throws IOException {
        document.root().put("format", FORMAT);
        devices = document.version().date().root().putArray("devices");
    }

    /** Adds a report. */
    public void add(ConformanceReport report) {
        ObjectNode device = device(report.device(), report.passed());
        ArrayNode rows = device.putArray("rows");
        for (ConformanceRow row : report.rows()) {
            ObjectNode node = rows.addObject()
                    .put("operation", row.operation())
                    .put("type", type(row.type()))
                    .put("cases", row.cases())
                    .put("passed", row.passed());
            boolean compared = !Double.isNaN(row.largestError());
            number(node, "largestError", row.largestError(), compared);
            number(node, "bound", row.bound(), compared);
            node.put("status", row.status().name().toLowerCase(Locale.ROOT)).put("reason", row.reason());
        }
        ArrayNode failures = device.putArray("failures");
        for (Failure failure : report.failures()) {
            ObjectNode node = failures.addObject()
                    .put("operation", failure.operation())
                    .put("type", type(failure.type()))
                    .put("name", failure.name())
                    .put("what", failure.what());
            boolean ofElement = failure.index() >= 0;
            if (ofElement) {
                node.put("index", failure.index());
            } else {
                node.putNull("index");
            }
            number(node, "value", failure.value(), ofElement);
            number(node, "expected", failure.expected(), ofElement);
            number(node, "error", failure.error(), ofElement);
            number(node, "bound", failure.bound(), ofElement);
        }
    }

    /** Adds a device that could not be opened. */
    void addFailure(DeviceInfo info, String problem) {
        ObjectNode device = device(info, false).put("problem", problem);
        device.putArray("rows");
        device.putArray("failures");
    }

    private ObjectNode device(DeviceInfo device, boolean passed) {
        return DeviceJson.describe(devices.addObject(), device).put("passed", passed);
    }

    private static String type(ElementType type) {
        return type == null ? null : type.toString();
    }

    private static void number(ObjectNode node, String name, double value, boolean there) {
        if (!there) {
            node.putNull(name);
        } else if (Double.isFinite(value)) {
            node.put(name, value);
        } else {
            node.put(name, Double.toString(value));
        }
    }

    /** The document's object. */
    public ObjectNode root() {
        return document.root();
    }

    String text() throws IOException {
        return document.text() + "\n";
    }
}
