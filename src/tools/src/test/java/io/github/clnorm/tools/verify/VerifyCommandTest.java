package io.github.clnorm.tools.verify;

import static io.github.clnorm.tools.testing.PrintedJson.json;
import static io.github.clnorm.tools.testing.PrintedJson.names;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Devices;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.tools.Main;
import io.github.clnorm.tools.conformance.ConformanceReport;
import io.github.clnorm.tools.conformance.ConformanceRow;
import io.github.clnorm.tools.conformance.Failure;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.testing.ErrorLine;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The interface of {@code clnorm verify} for scripts. */
@Tag("slow")
class VerifyCommandTest {

    private static final byte[] OLD = {'o', 'l', 'd'};

    private static final ConformanceReport FAILED = new ConformanceReport(
            TestInfo.GPU,
            List.of(
                    new ConformanceRow(
                            "group_norm",
                            ElementType.FLOAT32,
                            3,
                            1,
                            Double.POSITIVE_INFINITY,
                            4e-6,
                            ConformanceRow.Status.FAILED,
                            null),
                    new ConformanceRow(
                            "refusals", null, 2, 2, Double.NaN, Double.NaN, ConformanceRow.Status.PASSED, null),
                    new ConformanceRow(
                            "layer_norm",
                            ElementType.FLOAT64,
                            0,
                            0,
                            Double.NaN,
                            Double.NaN,
                            ConformanceRow.Status.UNSUPPORTED,
                            "why")),
            List.of(
                    new Failure(
                            "group_norm",
                            ElementType.FLOAT32,
                            "one",
                            "output",
                            7,
                            Double.NaN,
                            1,
                            Double.POSITIVE_INFINITY,
                            4e-6),
                    new Failure(
                            "group_norm",
                            ElementType.FLOAT32,
                            "two",
                            "it\nbroke",
                            -1,
                            Double.NaN,
                            Double.NaN,
                            Double.NaN,
                            Double.NaN)));

    @TempDir
    private Path folder;

    private String out;
    private String err;

    private int execute(Object... arguments) {
        StringWriter outText = new StringWriter();
        StringWriter errText = new StringWriter();
        String[] words = Stream.concat(Stream.of("verify"), Arrays.stream(arguments))
                .map(Object::toString)
                .toArray(String[]::new);
        int code = Main.execute(new PrintWriter(outText), new PrintWriter(errText), words);
        out = outText.toString();
        err = errText.toString();
        return code;
    }

    private void assertOneLine(String... says) {
        ErrorLine.check(err, (Object[]) says);
    }

    @Test
    @Tag("device")
    void allDevicesAsATableAndInAFile() throws IOException {
        Path file = Files.write(folder.resolve("report.json"), OLD);
        assertEquals(ExitCode.DONE, execute("--device", "all", "--only", "rms_norm", "--json", file), out + err);
        List<DeviceInfo> devices = Devices.of(Devices.platforms());
        assertEquals(devices.size(), err.lines().count(), "no progress where there is no terminal: " + err);
        assertEquals(
                devices.size(),
                out.lines().filter(line -> line.startsWith("operation ")).count(),
                out);
        assertTrue(out.lines().anyMatch(line -> line.matches("rms_norm +float32 .*4\\.0e-06")), out);
        assertTrue(out.lines().anyMatch(line -> line.matches("rms_norm backward +float32 .*2\\.0e-05")), out);
        assertFalse(out.contains("FAILED"), out);

        JsonNode root = json(Files.readString(file));
        assertEquals(List.of("format", "clnorm", "date", "devices"), names(root));
        assertEquals(1, root.get("format").asInt());
        Instant.parse(root.get("date").asText());
        assertEquals(devices.size(), root.get("devices").size());
        for (int i = 0; i < devices.size(); i++) {
            JsonNode device = root.get("devices").get(i);
            assertEquals(devices.get(i).selector(), device.get("selector").asText());
            assertEquals(devices.get(i).name(), device.get("name").asText());
            assertEquals(devices.get(i).driver(), device.get("driver").asText());
            assertTrue(device.get("passed").asBoolean());
            assertTrue(device.get("failures").isEmpty());
            for (JsonNode row : device.get("rows")) {
                assertEquals(
                        List.of("operation", "type", "cases", "passed", "largestError", "bound", "status", "reason"),
                        names(row));
            }
            JsonNode first = device.get("rows").get(0);
            assertEquals("rms_norm", first.get("operation").asText());
            assertEquals("float32", first.get("type").asText());
            assertTrue(
                    first.get("largestError").asDouble() <= first.get("bound").asDouble(), first.toString());
        }
        assertEquals(List.of("report.json"), files());
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aFailureInTheDocument() throws IOException {
        VerifyJson document = new VerifyJson();
        document.add(FAILED);
        document.addFailure(TestInfo.CPU, "cannot be opened");
        JsonNode devices = json(document.text()).get("devices");
        JsonNode failed = devices.get(0);
        assertFalse(failed.get("passed").asBoolean());
        assertEquals("Infinity", failed.get("rows").get(0).get("largestError").asText());
        assertEquals("failed", failed.get("rows").get(0).get("status").asText());
        assertTrue(failed.get("rows").get(1).get("type").isNull());
        assertTrue(failed.get("rows").get(1).get("largestError").isNull());
        assertEquals("unsupported", failed.get("rows").get(2).get("status").asText());
        assertEquals("why", failed.get("rows").get(2).get("reason").asText());
        JsonNode element = failed.get("failures").get(0);
        assertEquals(
                List.of("operation", "type", "name", "what", "index", "value", "expected", "error", "bound"),
                names(element));
        assertEquals(7, element.get("index").asInt());
        assertEquals("NaN", element.get("value").asText());
        assertEquals(1.0, element.get("expected").asDouble());
        assertTrue(failed.get("failures").get(1).get("index").isNull());
        assertTrue(failed.get("failures").get(1).get("value").isNull());
        assertEquals("cannot be opened", devices.get(1).get("problem").asText());
        assertFalse(devices.get(1).get("passed").asBoolean());
        assertTrue(devices.get(1).get("rows").isEmpty());
    }

    @Test
    void aFailureInTheTable() {
        List<String> lines = VerifyTable.of(FAILED).lines().toList();
        assertTrue(lines.get(2).matches("group_norm +float32 +3 +1 +Infinity +4\\.0e-06 +FAILED"), lines.get(2));
        assertTrue(lines.get(3).matches("refusals +2 +2 +- +-"), lines.get(3));
        assertTrue(lines.get(4).endsWith("unsupported: why"), lines.get(4));
        assertEquals(
                "FAILED group_norm float32, one: output[7] is NaN, expected 1.0: error Infinity, bound 4.0E-6",
                lines.get(5));
        assertEquals("FAILED group_norm float32, two: it broke", lines.get(6));
    }

    @Test
    void wrongRequests() throws IOException {
        assertEquals(ExitCode.WRONG_REQUEST, execute("--device", "a,,b"));
        assertOneLine("'a,,b'");
        assertEquals(ExitCode.WRONG_REQUEST, execute("--json", folder));
        assertOneLine(folder.toString(), "is a directory");
        assertEquals(ExitCode.WRONG_REQUEST, execute("--cases", "3"));
        assertOneLine("--cases");
        assertEquals(ExitCode.WRONG_REQUEST, execute("--only", "norm"));
        assertOneLine("'norm'", "group_norm");
        assertEquals("", out);
        assertEquals(List.of(), files());
    }

    @Test
    void aFileThatCannotBeWrittenIsSaidBeforeTheWork() {
        Path lost = folder.resolve("missing").resolve("report.json");
        assertEquals(ExitCode.WRONG_REQUEST, execute("--json", lost));
        assertOneLine(lost.toString(), "no such folder");
        assertEquals("", out);
    }

    @Test
    void noDeviceLeavesTheFileAndStillPrintsADocument() throws IOException {
        Path file = Files.write(folder.resolve("report.json"), OLD);
        assertEquals(ExitCode.NO_DEVICE, execute("--device", "nothing-matches", "--json", file));
        assertOneLine("nothing-matches");
        assertEquals("", out);
        assertArrayEquals(OLD, Files.readAllBytes(file));
        assertEquals(List.of("report.json"), files());

        assertEquals(ExitCode.NO_DEVICE, execute("--json", "--device", "nothing-matches"));
        assertTrue(json(out).get("devices").isEmpty(), out);
        assertOneLine("nothing-matches");
    }
}
