package io.github.clnorm.tools.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SuiteMeasureTest {

    @Test
    void anUnknownSuiteIsRefusedBeforeAMachineIsAsked() {
        String message = assertThrows(
                        IllegalArgumentException.class, () -> new SuiteMeasure(List.of("quick", "quickest"), 1))
                .getMessage();
        assertTrue(message.startsWith("unknown suite 'quickest': expected quick, "), message);
    }

    /** With a budget of a nanosecond every pass is skipped: the document and the page need no figures. */
    @Test
    @Tag("device")
    void writesADocumentOfBenchForAPage() throws Exception {
        DeviceInfo device = DeviceSelector.parse(null).select();
        String json = sent(new SuiteMeasure(List.of("awkward"), 1)).json(device, () -> false);
        JsonNode root = new ObjectMapper().readTree(json);
        assertEquals("bench", root.get("kind").textValue());
        assertEquals("awkward", root.get("suites").get(0).textValue());
        assertEquals(device.name(), root.get("devices").get(0).get("name").textValue());
        assertEquals(10, root.get("devices").get(0).get("rows").size());

        Map<String, String> documents = new LinkedHashMap<>();
        documents.put("node1-0-0.json", json);
        documents.put("node2-0-0.json", SuiteMeasure.without(device, "its driver may have crashed"));
        String page = ClusterPage.html(documents, List.of("node3 was not reached: it is <off>"));
        assertTrue(page.contains("node1-0-0.json"), page);
        assertTrue(page.contains("node2-0-0.json: "), page);
        assertTrue(page.contains("its driver may have crashed"), page);
        assertTrue(page.contains("node3 was not reached: it is &lt;off&gt;"), page);
    }

    private static SuiteMeasure sent(SuiteMeasure measure) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(measure);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return (SuiteMeasure) in.readObject();
        }
    }
}
