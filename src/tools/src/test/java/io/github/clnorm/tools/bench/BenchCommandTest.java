package io.github.clnorm.tools.bench;

import static io.github.clnorm.tools.testing.PrintedJson.json;
import static io.github.clnorm.tools.testing.PrintedJson.names;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Devices;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.KernelSource;
import io.github.clnorm.internal.timing.FakeClock;
import io.github.clnorm.internal.timing.Spread;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.tools.measure.BenchRow;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Figures;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.measure.Suite;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.CommandClock;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.terminal.Seconds;
import io.github.clnorm.tools.testing.CommandLineFixture;
import io.github.clnorm.tools.testing.WithClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The interface of {@code clnorm bench} for scripts. */
@Tag("slow")
class BenchCommandTest extends CommandLineFixture {

    private static final Workload WORKLOAD = Suite.AWKWARD.workloads().get(1);
    private static final Figures FIGURES = new Figures(
            new Spread(50, 40, 60, 100),
            Double.NaN,
            1.5,
            new Spread(20, 19, 21, 100),
            3.0,
            "work-group 1",
            1e-7,
            Plan.resident(1, 16),
            2,
            20_480,
            new Figures.Heuristic(new Spread(60, 50, 70, 100), Plan.resident(1, 8)),
            3);
    private static final List<BenchRow> ROWS = List.of(
            new BenchRow(
                    WORKLOAD, Direction.FORWARD, RowStatus.OK, "3 of 103 times thrown away as implausible", FIGURES),
            new BenchRow(WORKLOAD, Direction.BACKWARD, RowStatus.UNSUPPORTED, "no such type", null));

    // The clock advances by this at each reading: a budget is a number of readings.
    private static final long MICROSECOND = 1_000;

    @BeforeEach
    void countReadings() {
        CommandClock.use(new FakeClock(MICROSECOND));
    }

    @AfterEach
    void useTheUsualClock() {
        CommandClock.use(System::nanoTime);
    }

    @Test
    @Tag("device")
    void allDevicesAsTablesAndInAFile() throws IOException {
        Path file = Files.write(folder.resolve("results.json"), OLD);
        Path page = folder.resolve("report.html");
        int code = execute(
                "bench",
                "--suite",
                "awkward",
                "--budget",
                "0.004ms",
                "--device",
                "all",
                "--json",
                file,
                "--html",
                page);
        assertEquals(ExitCode.DONE, code, out + err);
        assertEquals("", err, "no progress where there is no terminal");
        List<DeviceInfo> devices = Devices.of(Devices.platforms());
        for (DeviceInfo device : devices) {
            assertTrue(Files.readString(page).contains(device.driver()), device.description());
        }
        assertEquals(
                devices.size(),
                out.lines().filter(line -> line.startsWith("workload ")).count(),
                out);
        assertTrue(out.contains("of the copy in the geometric mean of"), out);

        JsonNode root = json(Files.readString(file));
        assertEquals(
                List.of(
                        "format",
                        "kind",
                        "clnorm",
                        "kernels",
                        "date",
                        "interrupted",
                        "suites",
                        "budget_seconds",
                        "tune",
                        "host",
                        "devices"),
                names(root));
        assertEquals(1, root.get("format").asInt());
        assertEquals(KernelSource.hash(), root.get("kernels").asText());
        Instant.parse(root.get("date").asText());
        assertFalse(root.get("interrupted").asBoolean());
        assertEquals(0.000004, root.get("budget_seconds").asDouble());
        assertEquals(devices.size(), root.get("devices").size());
        for (int i = 0; i < devices.size(); i++) {
            JsonNode device = root.get("devices").get(i);
            assertEquals(devices.get(i).selector(), device.get("selector").asText());
            assertEquals(devices.get(i).driver(), device.get("driver").asText());
            assertTrue(device.get("problem").isNull());
            assertTrue(device.get("empty_launch_us").get("median").asDouble() > 0);
            assertEquals(10, device.get("rows").size(), "five workloads, both passes");
            for (JsonNode row : device.get("rows")) {
                check(row);
            }
        }
    }

    private static void check(JsonNode row) {
        assertEquals("ok", row.get("status").asText(), row.toString());
        double median = row.get("us").get("median").asDouble();
        assertTrue(row.get("us").get("p10").asDouble() <= median
                && median <= row.get("us").get("p90").asDouble());
        assertTrue(row.get("error").asDouble() < 2e-5, row.toString());
        double transits = row.get("direction").asText().equals("forward") ? 2 : 3;
        double rate = transits * row.get("bytes").asLong() / median / 1e3;
        assertEquals(rate, row.get("gb_per_s").asDouble(), 1e-6 * rate);
        assertEquals(
                rate / row.get("copy").get("gb_per_s").asDouble(),
                row.get("share").asDouble(),
                1e-6 * row.get("share").asDouble());
        assertTrue(row.get("launches").asInt() >= 1);
        assertFalse(row.get("plan").asText().isEmpty());
        assertFalse(row.get("copy").get("plan").asText().isEmpty());
    }

    @Test
    @Tag("device")
    void typesAndLayoutsMultiplyAndTheDocumentReplacesTheTable() throws IOException {
        int code = execute(
                "bench",
                "--suite",
                "awkward",
                "--budget",
                "0.004ms",
                "--dtype",
                "float16,bfloat16",
                "--layout",
                "channels_first,channels_last",
                "--direction",
                "forward",
                "--json");
        assertEquals(ExitCode.DONE, code, out + err);
        JsonNode rows = json(out).get("devices").get(0).get("rows");
        assertEquals(20, rows.size());
        assertEquals(
                5,
                rows.findValuesAsText("layout").stream()
                                .filter("channels_last"::equals)
                                .count()
                        / 2);
        assertEquals(
                10,
                rows.findValuesAsText("dtype").stream()
                        .filter("bfloat16"::equals)
                        .count());
        assertTrue(rows.findValuesAsText("direction").stream().allMatch("forward"::equals));
    }

    @Test
    void wrongRequests() throws IOException {
        refused(2, execute("bench", "--suite", "unet"), "unknown suite 'unet'", "sd-unet");
        refused(2, execute("bench", "--suite", ""), "empty element");
        refused(2, execute("bench", "--device", "a,,b"), "'a,,b'");
        refused(2, execute("bench", "--dtype", "float8"), "float8", "float16");
        refused(2, execute("bench", "--layout", "nhwc"), "nhwc", "channels_last");
        refused(2, execute("bench", "--direction", "up"), "up", "forward");
        for (String budget : List.of("0s", "-1s", "soon", "1h", "99999999m", "")) {
            refused(2, execute("bench", "--budget", budget), "--budget", "'" + budget + "'", "2s");
        }
        refused(2, execute("bench", "--json", outputs), outputs, "is a directory");
        refused(2, execute("bench", "--json", folder.resolve("missing").resolve("r.json")), "no such folder");
        refused(2, execute("bench", "quick"), "quick");
    }

    /** As with {@code --json /dev/stdout}: a target that is not a regular file is written, never replaced. */
    @Test
    @Tag("device")
    void aPipeIsWrittenToAndStays() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        Path copy = folder.resolve("copy");
        Process reader = new ProcessBuilder("cat", pipe.toString())
                .redirectOutput(copy.toFile())
                .start();
        int code = execute(
                "bench",
                "--suite",
                "awkward,batch-norm",
                "--budget",
                "0.004ms",
                "--direction",
                "forward",
                "--json",
                pipe);
        assertEquals(ExitCode.DONE, code, err);
        reader.waitFor();
        assertEquals(
                5 + 2,
                json(Files.readString(copy)).get("devices").get(0).get("rows").size());
        assertFalse(Files.isRegularFile(pipe), "a file is in its place");
    }

    @Test
    void spansOfTime() {
        Seconds.Converter converter = new Seconds.Converter();
        assertEquals(2_000_000_000L, converter.convert("2s").nanoseconds());
        assertEquals(2_500_000_000L, converter.convert("2.5").nanoseconds());
        assertEquals(500_000_000L, converter.convert("500ms").nanoseconds());
        assertEquals(90.0, converter.convert("1.5m").seconds());
    }

    @Test
    void aTableOfRowsWithAndWithoutFigures() {
        List<String> lines = BenchTable.of(TestInfo.GPU, new Spread(4, 3, 5, 300), ROWS)
                .lines()
                .toList();
        assertEquals("empty launch: 4.0 us", lines.get(1));
        assertTrue(
                lines.get(3)
                        .matches(
                                "group_norm 2x30x1x1 G=2 +float32 +channels_first +forward +50\\.0 +40\\.0 +60\\.0 +- +1\\.50"
                                        + " +3\\.00 +50% +1\\.0e-07 +2 +20 KiB +resident, work-group 1, vector 16"),
                lines.get(3));
        assertTrue(lines.get(4).matches("group_norm .* backward( +-){10} +unsupported: no such type"), lines.get(4));
        assertEquals(
                "group_norm 2x30x1x1 G=2, float32, channels_first, forward: 3 of 103 times thrown away as implausible",
                lines.get(5));
    }

    @Test
    void aDocumentOfRowsWithAndWithoutFigures() throws IOException {
        BenchJson document = new BenchJson(List.of("awkward"), new Seconds(1_000_000_000), "off");
        document.add(TestInfo.GPU, new Spread(4, 3, 5, 300), null, ROWS);
        document.add(TestInfo.CPU, null, "cannot be opened", List.of());
        JsonNode devices = json(document.text()).get("devices");
        JsonNode measured = devices.get(0).get("rows").get(0);
        assertEquals(
                List.of(
                        "workload",
                        "operation",
                        "dimensions",
                        "num_groups",
                        "dtype",
                        "layout",
                        "bytes",
                        "direction",
                        "status",
                        "reason",
                        "us",
                        "device_us",
                        "gb_per_s",
                        "share",
                        "error",
                        "plan",
                        "launches",
                        "workspace_bytes",
                        "implausible",
                        "heuristic",
                        "copy"),
                names(measured));
        assertEquals(60, measured.get("heuristic").get("us").get("median").asDouble());
        assertEquals(
                "resident, work-group 1, vector 8",
                measured.get("heuristic").get("plan").asText());
        assertTrue(measured.get("device_us").isNull());
        assertEquals(0.5, measured.get("share").asDouble());
        assertEquals(3, measured.get("implausible").asInt());
        JsonNode unsupported = devices.get(0).get("rows").get(1);
        assertEquals("unsupported", unsupported.get("status").asText());
        assertEquals("no such type", unsupported.get("reason").asText());
        assertFalse(unsupported.has("us"));
        assertEquals("cannot be opened", devices.get(1).get("problem").asText());
        assertTrue(devices.get(1).get("empty_launch_us").isNull());
    }

    /** Ctrl-C: the signal's exit code, and a complete document with the results so far. */
    @Test
    @Tag("device")
    void whatWasMeasuredIsKeptWhenItIsInterrupted() throws Exception {
        Path file = Files.write(folder.resolve("results.json"), OLD);
        Path table = folder.resolve("table");
        Path stopped = folder.resolve("stopped");
        // Its clock stops at a reading by which the first workload is measured, and the last is not.
        Process process = WithClock.process(
                        MICROSECOND,
                        "700",
                        stopped,
                        List.of(),
                        "bench",
                        "--suite",
                        "awkward",
                        "--budget",
                        "0.3ms",
                        "--json",
                        file)
                .redirectOutput(table.toFile())
                .redirectError(folder.resolve("errors").toFile())
                .start();
        assertEquals(130, WithClock.interrupt(process, stopped), Files.readString(folder.resolve("errors")));
        JsonNode root = json(Files.readString(file));
        assertTrue(root.get("interrupted").asBoolean());
        JsonNode rows = root.get("devices").get(0).get("rows");
        assertEquals(10, rows.size());
        assertEquals("ok", rows.get(0).get("status").asText(), rows.get(0).toString());
        assertEquals("skipped", rows.get(9).get("status").asText());
        assertEquals("stopped", rows.get(9).get("reason").asText());
        assertTrue(Files.readString(table).contains("workload "));
        try (var left = Files.list(folder)) {
            assertTrue(left.noneMatch(path -> path.toString().endsWith(".part")), "a hidden file is left");
        }
        assertArrayEquals(OLD, Files.readAllBytes(output));
    }
}
