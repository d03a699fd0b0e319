package io.github.clnorm.tools.survey;

import static io.github.clnorm.tools.testing.PrintedJson.names;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.clnorm.internal.timing.FakeClock;
import io.github.clnorm.internal.tune.TuningDatabase;
import io.github.clnorm.tools.comparison.SavedDocument;
import io.github.clnorm.tools.measure.Suite;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.CommandClock;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.testing.CommandLineFixture;
import io.github.clnorm.tools.testing.CommandProcess;
import io.github.clnorm.tools.testing.WithClock;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The command, with a clock that advances at each reading: its time is a number of readings. */
@Tag("slow")
class SurveyCommandTest extends CommandLineFixture {

    private static final long STEP = 50_000_000;
    // 600 readings.
    private static final String MINUTES = "0.5";

    @BeforeEach
    void countReadings() {
        CommandClock.use(new FakeClock(STEP));
        SurveyedPasses.use(Suite.AWKWARD.workloads().subList(1, 3));
    }

    @AfterEach
    void useTheUsualClock() {
        CommandClock.use(System::nanoTime);
        SurveyedPasses.use(null);
    }

    @Test
    @Tag("device")
    void aFileWithAllSectionsThatSaysWhatIsMissing() throws IOException {
        Path file = outputs.resolve("survey.json");
        int code = execute("survey", "--minutes", MINUTES, "--device", "cpu", "--output", file);
        assertEquals(ExitCode.DONE, code, out + err);
        assertTrue(out.contains(file + ": please attach this file"), out);
        assertTrue(out.contains("awkward"), out);
        JsonNode root = SavedDocument.read(file);
        assertEquals(
                List.of(
                        "format",
                        "kind",
                        "clnorm",
                        "kernels",
                        "date",
                        "minutes",
                        "complete",
                        "missing",
                        "stages",
                        "device",
                        "doctor",
                        "verify",
                        "tune",
                        "tuning",
                        "bench",
                        "pytorch",
                        "ratios",
                        "predictions"),
                names(root));
        assertEquals(1, root.get("format").asInt());
        assertFalse(root.get("complete").asBoolean(), "the whole table of verify does not fit in 600 readings");
        List<String> stages = new ArrayList<>();
        root.get("stages").forEach(stage -> stages.add(stage.get("name").asText()));
        assertEquals(List.of("doctor", "device", "verify", "tune", "bench", "pytorch"), stages);
        assertEquals("ok", root.get("stages").get(0).get("status").asText());
        assertTrue(
                root.get("missing").toString().contains("verify: "),
                root.get("missing").toString());
        assertTrue(root.get("doctor").get("working_devices").asInt() > 0);
        assertTrue(root.get("verify").get("devices").get(0).get("passed").asBoolean());
        assertEquals("tune", root.get("tune").get("kind").asText());
        assertEquals("tuning", root.get("tuning").get("kind").asText());
        JsonNode rows = root.get("bench").get("devices").get(0).get("rows");
        assertTrue(rows.size() >= 2, rows.toString());
        assertEquals("ok", rows.get(0).get("status").asText(), rows.get(0).toString());
        assertEquals("awkward", root.get("ratios").get(0).get("suite").asText());
        assertTrue(root.get("predictions").get("rows").get(0).has("predicted_us"));
        privacy(Files.readString(file));
        Path bench = outputs.resolve("survey-bench.json");
        assertEquals(ExitCode.DONE, execute("survey", "--extract", file, "--output", outputs), err);
        assertEquals(bench + "\n" + outputs.resolve("survey-tuning.json") + "\n", out);
        assertEquals(root.get("bench"), SavedDocument.read(bench));
        TuningDatabase.at(folder.resolve("imported.json")).importFrom(outputs.resolve("survey-tuning.json"));
        assertEquals(ExitCode.DONE, execute("compare", file, bench, "--metric", "share"), err);
        assertTrue(out.contains("group_norm 2x30x1x1 G=2"), out);
        assertEquals(ExitCode.WRONG_REQUEST, execute("survey", "--extract", bench, "--output", outputs));
        assertTrue(err.contains("expected a file of clnorm survey"), err);
    }

    @Test
    void stableDiffusionComesFirstInEveryForm() {
        SurveyedPasses.use(null);
        List<Workload> all = SurveyedPasses.workloads();
        int unet = Suite.SD_UNET.workloads().size();
        assertEquals(Suite.SD_UNET.workloads(), all.subList(0, unet));
        assertEquals(
                2L * unet,
                all.subList(0, 4 * unet).stream()
                        .filter(workload -> workload.layout() == Layout.CHANNELS_LAST)
                        .count());
        assertEquals(all.size(), Set.copyOf(all).size(), "each once");
        for (Suite suite : Suite.values()) {
            assertEquals(suite.plain(), all.containsAll(suite.workloads()), suite.toString());
        }
    }

    @Test
    void whatMustBeTunedIsStableDiffusionInBothTypes() {
        SurveyedPasses.use(null);
        List<Workload> required = SurveyedPasses.workloads().subList(0, SurveyedPasses.required());
        for (ElementType type : List.of(ElementType.FLOAT32, ElementType.FLOAT16)) {
            for (Workload workload : Suite.SD_UNET.workloads()) {
                assertTrue(required.contains(workload.in(type, Layout.CHANNELS_FIRST)), workload.toString());
            }
        }
    }

    /** No user, host or folder of this machine. */
    private void privacy(String text) {
        for (String secret : List.of(
                folder.toString(),
                System.getProperty("user.dir"),
                System.getProperty("user.home") + "/",
                System.getProperty("java.io.tmpdir") + "/",
                "/etc/",
                "/usr/lib")) {
            assertFalse(text.contains(secret), secret);
        }
        String host = "(?<![\\w])" + Pattern.quote(HostName.ofThisMachine()) + "(?![\\w])";
        assertFalse(Pattern.compile(host).matcher(text).find(), host);
    }

    @Test
    void aWrongRequestIsRefusedBeforeAnyWork() throws IOException {
        for (String minutes : List.of("0", "0.19", "-1", "1441", "NaN")) {
            refused(ExitCode.WRONG_REQUEST, execute("survey", "--minutes", minutes), "--minutes", minutes);
        }
        refused(ExitCode.WRONG_REQUEST, execute("survey", "--minutes", "x"), "'x' is not a number");
        refused(ExitCode.WRONG_REQUEST, execute("survey", "--device", "all"), "one device");
        refused(ExitCode.WRONG_REQUEST, execute("survey", "-o", folder.resolve("no/s.json")), "no such folder");
        refused(ExitCode.WRONG_REQUEST, execute("survey", "-o", folder), "is a directory");
        refused(ExitCode.WRONG_REQUEST, execute("survey", "--extract", folder.resolve("no")), "no such file");
        refused(
                ExitCode.WRONG_REQUEST,
                execute("survey", "--extract", folder.resolve("s.json"), "--store"),
                "does not take --store");
        refused(
                ExitCode.WRONG_REQUEST,
                execute("survey", "-o", "/proc/a.json"),
                "/proc/a.json: no file can be created in this folder");
        refused(
                ExitCode.WRONG_REQUEST,
                execute("survey", "--extract", input, "-o", folder.resolve("no")),
                "no such folder");
    }

    @Test
    @Tag("device")
    void interruptedTheFileIsWholeAndSaysSo() throws Exception {
        Path file = outputs.resolve("survey.json");
        Path stopped = folder.resolve("stopped");
        Process process = WithClock.process(
                        STEP, "80", stopped, List.of(), "survey", "--minutes", "5", "--device", "cpu", "--output", file)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("out.txt").toFile())
                .start();
        int code = WithClock.interrupt(process, stopped);
        assertEquals(128 + 2, code, Files.readString(folder.resolve("out.txt")));
        JsonNode root = SavedDocument.read(file);
        assertFalse(root.get("complete").asBoolean());
        assertTrue(
                root.get("missing").toString().contains("interrupted before it began"),
                root.get("missing").toString());
        assertEquals(List.of("survey.json", "y.npy"), files(), "no temporary file stays");
    }

    @Test
    void withoutADeviceTheFileHasTheDoctorsFindings() throws Exception {
        CommandProcess process =
                new CommandProcess(folder.resolve("process"), Files.createDirectory(folder.resolve("vendors")));
        assertEquals(ExitCode.NO_DEVICE, process.execute("survey", "--minutes", "1"), process.err);
        assertTrue(process.err.contains("no OpenCL device was found"), process.err);
        List<Path> found;
        try (Stream<Path> all = Files.list(process.work())) {
            found = all.toList();
        }
        assertEquals(1, found.size(), found.toString());
        assertTrue(found.get(0).getFileName().toString().startsWith("clnorm-survey-no-device-"), found.toString());
        JsonNode root = SavedDocument.read(found.get(0));
        assertEquals(0, root.get("doctor").get("working_devices").asInt());
        assertTrue(root.get("doctor").get("findings").size() > 1, root.toString());
        JsonNode doctor = root.get("stages").get(0);
        assertEquals("error", doctor.get("status").asText());
        assertTrue(doctor.get("reason").asText().startsWith("no device works: "), doctor.toString());
        assertTrue(root.get("device").isNull());
        privacy(Files.readString(found.get(0)));
    }

    @Test
    void relativeFoldersOfDriversAreNotInTheFile() throws Exception {
        CommandProcess process = new CommandProcess(folder.resolve("process"), Path.of("./acme corp/vend"));
        Path vendors = Files.createDirectories(process.work().resolve("acme corp/vend"));
        Files.writeString(vendors.resolve("one.icd"), "../falcon team/lib/libone.so\n");
        Files.writeString(vendors.resolve("two.icd"), "kestrel/lib/libtwo.so.1\n");
        Path file = process.work().resolve("s.json");
        assertEquals(ExitCode.NO_DEVICE, process.execute("survey", "--minutes", "1", "-o", file), process.err);
        String text = Files.readString(file);
        for (String kept : List.of("one.icd", "libone.so", "two.icd", "libtwo.so.1")) {
            assertTrue(text.contains(kept), text);
        }
        for (String secret : List.of("acme", "corp", "vend", "falcon", "team", "kestrel")) {
            String word = "(?<![\\w])" + secret + "(?![\\w])";
            assertFalse(Pattern.compile(word).matcher(text).find(), text);
        }
        privacy(text);
    }

    @Test
    @Tag("device")
    void aMistypedSelectorLeavesNoFile() throws Exception {
        CommandProcess process = new CommandProcess(folder.resolve("process"), Path.of("/etc/OpenCL/vendors"));
        assertEquals(ExitCode.NO_DEVICE, process.execute("survey", "--device", "99:99"), process.err);
        assertTrue(process.err.contains("no OpenCL device matches '99:99'. There is: 0:0 "), process.err);
        assertFalse((process.out + process.err).contains("attach"), process.out + process.err);
        try (Stream<Path> all = Files.list(process.work())) {
            assertEquals(List.of(), all.toList());
        }
    }

    @Test
    @Tag("device")
    void withoutATemporaryFolderTheOtherStagesRun() throws Exception {
        Path missing = folder.resolve("missing");
        Path file = outputs.resolve("survey.json");
        Path printed = folder.resolve("out.txt");
        // 300 readings.
        Process process = WithClock.process(
                        1_000_000_000,
                        "",
                        folder.resolve("stopped"),
                        List.of("-Djava.io.tmpdir=" + missing),
                        "survey",
                        "--minutes",
                        "5",
                        "--device",
                        "cpu",
                        "--output",
                        file)
                .redirectErrorStream(true)
                .redirectOutput(printed.toFile())
                .start();
        assertEquals(ExitCode.FAILURE, process.waitFor(), Files.readString(printed));
        JsonNode root = SavedDocument.read(file);
        JsonNode tune = root.get("stages").get(3);
        assertEquals("tune", tune.get("name").asText(), root.get("stages").toString());
        assertEquals("error", tune.get("status").asText());
        assertEquals(
                "the temporary folder (folder) cannot be written: it is no folder",
                tune.get("reason").asText());
        assertEquals("bench", root.get("stages").get(4).get("name").asText());
        assertTrue(root.get("bench").get("devices").get(0).get("rows").size() > 0, "there are no rows");
        String log = Files.readString(printed);
        assertTrue(log.contains("the temporary folder " + missing + " cannot be written"), log);
        privacy(Files.readString(file));
    }

    @Test
    @Tag("device")
    void doctorWorksOnASystemWithoutIcdFiles() throws Exception {
        CommandProcess process = new CommandProcess(folder.resolve("process"), Path.of("/etc/OpenCL/vendors"));
        // The child processes that load the drivers do not get this property: they run as on Linux.
        process.option("-Dos.name=Mac OS X");
        assertEquals(ExitCode.DONE, process.execute("doctor"), process.out + process.err);
        assertTrue(process.out.contains("the loader answers: "), process.out);
    }
}
