package io.github.clnorm.tools.tune;

import static io.github.clnorm.tools.testing.PrintedJson.json;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.KernelSource;
import io.github.clnorm.internal.timing.FakeClock;
import io.github.clnorm.internal.tune.Entry;
import io.github.clnorm.internal.tune.Grouping;
import io.github.clnorm.internal.tune.Tuned;
import io.github.clnorm.internal.tune.TuningDatabase;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.tools.measure.Direction;
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
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The interface of {@code clnorm tune} for scripts. */
@Tag("slow")
class TuneCommandTest extends CommandLineFixture {

    private static final String PROPERTY = "clnorm.cache";
    // The clock advances by this at each reading: a budget is a number of readings.
    private static final long MILLISECOND = 1_000_000;

    private Path database;

    @BeforeEach
    void useAnEmptyCache() {
        database = folder.resolve("cache").resolve("tuning.json");
        System.setProperty(PROPERTY, database.getParent().toString());
        CommandClock.use(new FakeClock(MILLISECOND));
    }

    @AfterEach
    void useTheUsualCache() {
        System.clearProperty(PROPERTY);
        CommandClock.use(System::nanoTime);
    }

    private List<Entry> entries() {
        return TuningDatabase.at(database).entries();
    }

    @Test
    @Tag("device")
    void oneOperationAndShape() throws IOException {
        Path file = folder.resolve("results.json");
        assertEquals(
                ExitCode.DONE,
                execute(
                        "tune",
                        "--explain",
                        "group_norm",
                        "--shape",
                        "4,8,3,5",
                        "--num-groups",
                        "2",
                        "--direction",
                        "forward"),
                err);
        assertTrue(out.contains("nothing was tuned"), out);
        assertTrue(out.lines().anyMatch(line -> line.matches("  the heuristic's reason: \\w.*")), out);
        assertTrue(out.contains("8 sets of 60 elements"), out);

        assertEquals(
                ExitCode.DONE,
                execute(
                        "tune",
                        "group_norm",
                        "--shape",
                        "4,8,3,5",
                        "--num-groups",
                        "2",
                        "--direction",
                        "forward",
                        "--json",
                        file),
                err);
        assertEquals("", err, "no progress where there is no terminal");
        assertTrue(out.contains("group_norm 4x8x3x5 G=2"), out);
        JsonNode row =
                json(Files.readString(file)).get("devices").get(0).get("rows").get(0);
        assertEquals("ok", row.get("status").asText(), row.toString());
        assertTrue(row.get("gain").asDouble() >= 1, row.toString());
        assertTrue(row.get("tried").asInt() >= 1);
        assertTrue(row.get("rejected").isArray());
        assertEquals(1, entries().size());
        assertEquals(row.get("plan").asText(), entries().get(0).plan().toString());
        assertEquals(KernelSource.hash(), entries().get(0).kernels());

        assertEquals(
                ExitCode.DONE,
                execute(
                        "tune",
                        "--explain",
                        "group_norm",
                        "--shape",
                        "4,8,3,5",
                        "--num-groups",
                        "2",
                        "--direction",
                        "forward"),
                err);
        assertTrue(out.contains("tuned for it on this device"), out);
        assertTrue(out.contains("plan: " + row.get("plan").asText()), out);
        assertTrue(out.contains("the heuristic's reason: "), out);

        // As another user would: from another folder.
        Path shared = folder.resolve("shared.json");
        assertEquals(ExitCode.DONE, execute("tune", "--export", shared), err);
        assertEquals("", out);
        assertTrue(err.contains("1 result"), err);
        System.setProperty(PROPERTY, folder.resolve("another").toString());
        assertEquals(ExitCode.DONE, execute("tune", "--import", shared), err);
        assertTrue(err.contains("1 new result"), err);
        assertEquals(ExitCode.DONE, execute("tune", "--import", shared, "--quiet"), err);
        assertEquals("", err);
        assertEquals(
                entries(),
                TuningDatabase.at(folder.resolve("another").resolve("tuning.json"))
                        .entries());
    }

    @Test
    @Tag("device")
    void whatCannotBeStoredIsSaidBehindTheTable() throws IOException {
        System.setProperty(
                PROPERTY,
                Files.writeString(folder.resolve("file"), "").resolve("cache").toString());
        int code = execute("tune", "layer_norm", "--shape", "6,40", "--direction", "forward");
        assertEquals(ExitCode.FAILURE, code, err);
        assertEquals(1, err.lines().count(), err);
        assertTrue(err.startsWith("clnorm: ") && err.contains("cannot be stored"), err);
        assertTrue(out.contains("layer_norm 6x40"), out);
    }

    @Test
    @Tag("device")
    void tensorsThatDoNotFitAreUnsupported() throws IOException {
        int code = execute("tune", "group_norm", "--shape", "1048576,1,1048576", "--num-groups", "1", "--json");
        assertEquals(ExitCode.DONE, code, err);
        for (JsonNode row : json(out).get("devices").get(0).get("rows")) {
            assertEquals("unsupported", row.get("status").asText());
            assertTrue(row.get("reason").asText().contains("exceeds the largest"), row.toString());
        }
        assertFalse(Files.exists(database));
    }

    @Test
    @Tag("device")
    void runTunesNowAndUsesWhatIsStored() throws IOException {
        done(run("--num-groups", "4", "--tune", "off", "--quiet"));
        byte[] untuned = Files.readAllBytes(output);
        assertFalse(Files.exists(database));
        done(run("--num-groups", "4", "--tune", "now", "--quiet"));
        assertArrayEquals(untuned, Files.readAllBytes(output));
        assertEquals(1, entries().size());
        assertFalse(entries().get(0).grouping().backward());
        done(run("--num-groups", "4"));
        assertTrue(err.contains(entries().get(0).plan().toString()), err);
        assertArrayEquals(untuned, Files.readAllBytes(output));
    }

    /** Each reading of the clock takes longer than the whole budget. */
    @Test
    @Tag("device")
    void aSearchThatFindsNothingInTimeSaysSoInOneLine() throws Exception {
        Path errors = folder.resolve("errors");
        Process process = WithClock.process(
                        10_000_000_000L,
                        "",
                        folder.resolve("unused"),
                        List.of("-D" + PROPERTY + "=" + database.getParent()),
                        "run",
                        "group_norm",
                        "--num-groups",
                        "4",
                        "-i",
                        input,
                        "-o",
                        output,
                        "--tune",
                        "now",
                        "--quiet")
                .redirectError(errors.toFile())
                .start();
        assertEquals(ExitCode.DONE, process.waitFor(), Files.readString(errors));
        List<String> lines = Files.readAllLines(errors);
        assertEquals(1, lines.size(), lines.toString());
        assertTrue(lines.get(0).startsWith("clnorm: tuning group_norm forward, float32"), lines.get(0));
        assertTrue(
                lines.get(0)
                        .endsWith("found nothing within 5 s: the heuristics' plan is used, and nothing is stored;"
                                + " clnorm tune --budget 30s gives it longer"),
                lines.get(0));
        assertFalse(Files.exists(database));
        byte[] heuristic = Files.readAllBytes(output);
        done(run("--num-groups", "4", "--tune", "off", "--quiet"));
        assertArrayEquals(heuristic, Files.readAllBytes(output));
    }

    @Test
    @Tag("device")
    void passesForWhichNothingWasFoundInTimeAreSkippedAndCounted() throws IOException {
        CommandClock.use(new FakeClock(10_000_000_000L));
        assertEquals(ExitCode.DONE, execute("tune", "group_norm", "--shape", "4,8,3,5", "--num-groups", "2"), err);
        assertEquals(1, err.lines().count(), err);
        assertTrue(err.contains("found nothing within 10 s for 2 of 2 passes"), err);
        assertTrue(err.contains("--budget"), err);
        assertEquals(
                2,
                out.lines()
                        .filter(line -> line.contains("skipped: nothing was found within the budget"))
                        .count(),
                out);
        assertFalse(Files.exists(database));
        assertEquals(
                ExitCode.DONE, execute("tune", "layer_norm", "--shape", "6,40", "--quiet", "--budget", "500ms"), err);
        assertEquals("", out);
        assertTrue(err.contains("found nothing within 0.5 s for 2 of 2 passes"), err);
    }

    @Test
    void wrongRequests() throws IOException {
        refused(2, execute("tune", "group_norm"), "group_norm needs a --shape");
        refused(2, execute("tune", "--shape", "2,3"), "--shape needs an operation");
        refused(2, execute("tune", "--num-groups", "2"), "--num-groups needs an operation");
        refused(2, execute("tune", "weight_norm", "--shape", "2,3"), "unknown operation 'weight_norm'");
        refused(2, execute("tune", "group_norm", "--shape", "2,30"), "divisible by num_groups", "[2, 30]");
        refused(2, execute("tune", "group_norm", "--shape", "32"), "at least 2 dimensions");
        refused(2, execute("tune", "group_norm", "--shape", "0,32"), "--shape", "1 or more");
        refused(2, execute("tune", "group_norm", "--shape", "2,x"), "--shape", "x");
        refused(2, execute("tune", "layer_norm", "--shape", "2,32", "--normalized-shape", "3"), "normalized_shape=[3]");
        refused(2, execute("tune", "layer_norm", "--shape", "2,32", "--num-groups", "3"), "--num-groups", "layer_norm");
        refused(2, execute("tune", "group_norm", "--shape", "2,32", "--normalized-shape", "3"), "--normalized-shape");
        refused(2, execute("tune", "group_norm", "--shape", "2,32", "--suite", "quick"), "--suite");
        refused(2, execute("tune", "--suite", "unet"), "unknown suite 'unet'");
        refused(2, execute("tune", "--budget", "soon"), "--budget");
        refused(2, execute("tune", "--dtype", "float8"), "float8");
        refused(2, execute("tune", "--device", "a,,b"), "'a,,b'");
        refused(2, execute("tune", "--explain", "--export", "f"), "expected one of them");
        refused(2, execute("tune", "--export", "f", "--suite", "quick"), "expected no workload");
        refused(2, execute("tune", "--explain", "--json"), "--json");
        refused(2, execute("tune", "--import", folder.resolve("missing")), "no such file");
        refused(2, execute("tune", "--import", input), input, "expected");
        refused(2, execute("tune", "--export", outputs), "is a directory");
        refused(2, execute("tune", "--export", folder.resolve("missing").resolve("f")), "no such folder");
        refused(2, execute("tune", "--json", outputs), "is a directory");
        assertFalse(Files.exists(database));
    }

    @Test
    void aTableOfAllKindsOfRows() throws IOException {
        Workload workload = Suite.AWKWARD.workloads().get(1);
        Plan heuristic = Plan.resident(1, 16);
        Grouping grouping = Grouping.of(workload.problem()).orElseThrow();
        List<Tuned.Rejected> rejected = List.of(new Tuned.Rejected(Plan.tiled(1, 4), "it does not build"));
        List<TuneRow> rows = List.of(
                TuneRow.of(
                        workload,
                        Direction.FORWARD,
                        new Tuned(
                                grouping, Tuned.Ending.FASTER, Plan.split(1, 8, 2), heuristic, 50, 100, 12, rejected)),
                TuneRow.of(
                        workload,
                        Direction.BACKWARD,
                        new Tuned(grouping, Tuned.Ending.HEURISTIC, heuristic, heuristic, 200, 200, 9, rejected)),
                TuneRow.of(
                        workload,
                        Direction.FORWARD,
                        new Tuned(
                                grouping,
                                Tuned.Ending.STOPPED,
                                heuristic,
                                heuristic,
                                Double.NaN,
                                Double.NaN,
                                2,
                                List.of())),
                TuneRow.of(
                        workload,
                        Direction.FORWARD,
                        new Tuned(
                                grouping,
                                Tuned.Ending.IMPLAUSIBLE,
                                heuristic,
                                heuristic,
                                Double.NaN,
                                Double.NaN,
                                2,
                                List.of())),
                TuneRow.without(workload, Direction.FORWARD, RowStatus.ERROR, "two\n lines"));
        List<String> lines = TuneTable.of(TestInfo.GPU, rows).lines().toList();
        assertTrue(
                lines.get(2)
                        .matches(
                                "group_norm 2x30x1x1 G=2 +float32 +channels_first +forward +100 +50\\.0 +2\\.00 +12 +split, work-group 1,"
                                        + " vector 8, 2 blocks a part"),
                lines.get(2));
        assertTrue(
                lines.get(3).endsWith("1.00  9      the heuristic's: resident, work-group 1, vector 16"), lines.get(3));
        assertTrue(lines.get(4).endsWith("skipped: stopped"), lines.get(4));
        assertTrue(lines.get(5).contains("error: no time is plausible"), lines.get(5));
        assertTrue(lines.get(6).endsWith("error: two lines"), lines.get(6));
        assertEquals("1.41 times the heuristics' speed in the geometric mean of 2 passes", lines.get(7));

        TuneJson document = new TuneJson(new Seconds(1_000_000_000));
        document.add(TestInfo.GPU, null, rows);
        JsonNode nodes = json(document.text()).get("devices").get(0).get("rows");
        assertEquals(2, nodes.get(0).get("gain").asDouble());
        assertEquals(
                "it does not build",
                nodes.get(0).get("rejected").get(0).get("reason").asText());
        assertFalse(nodes.get(2).has("us"));
        assertFalse(nodes.get(4).has("tried"));
    }

    /** Ctrl-C: the signal's exit code; what was found is stored, and the document is complete. */
    @Test
    @Tag("device")
    void whatWasFoundIsKeptWhenItIsInterrupted() throws Exception {
        Path file = folder.resolve("results.json");
        Path errors = folder.resolve("errors");
        Path stopped = folder.resolve("stopped");
        // The clock stops at the first reading after a result was stored: most passes are not searched yet.
        Process process = WithClock.process(
                        MILLISECOND,
                        database.toString(),
                        stopped,
                        List.of("-D" + PROPERTY + "=" + database.getParent()),
                        "tune",
                        "--suite",
                        "awkward",
                        "--dtype",
                        "float32,float16,bfloat16",
                        "--json",
                        file)
                .redirectOutput(folder.resolve("table").toFile())
                .redirectError(errors.toFile())
                .start();
        assertEquals(130, WithClock.interrupt(process, stopped), Files.readString(errors));
        JsonNode root = json(Files.readString(file));
        assertTrue(root.get("interrupted").asBoolean());
        JsonNode rows = root.get("devices").get(0).get("rows");
        assertEquals(30, rows.size());
        assertEquals("skipped", rows.get(29).get("status").asText());
        long found =
                rows.findValuesAsText("status").stream().filter("ok"::equals).count();
        assertNotEquals(0, found);
        assertTrue(entries().size() > 0 && entries().size() <= found, entries().size() + " of " + found);
        assertTrue(Files.readString(folder.resolve("table")).contains("workload "));
        try (var left = Files.list(database.getParent())) {
            assertTrue(left.noneMatch(path -> path.toString().endsWith(".part")), "a hidden file is left");
        }
    }
}
