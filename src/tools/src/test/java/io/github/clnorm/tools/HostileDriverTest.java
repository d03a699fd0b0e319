package io.github.clnorm.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.tensorfile.TestFiles;
import io.github.clnorm.testing.TestDriver;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.testing.CommandProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A driver that crashes, aborts, exits, hangs or lies, next to a good one. */
@Tag("slow")
class HostileDriverTest {

    private static final byte[] OLD = {'o', 'l', 'd'};
    // Long enough for a good driver, even on a busy machine.
    private static final String LIMIT = "-Dclnorm.drivers.timeout=15";

    @TempDir
    private Path folder;

    private Path vendors;
    private CommandProcess clnorm;

    @BeforeEach
    void setUp() throws IOException {
        vendors = Files.createDirectory(folder.resolve("vendors"));
        TestDriver.make(vendors, "good", "good");
        clnorm = new CommandProcess(folder, vendors);
    }

    private Path hostile(String mode) {
        return TestDriver.make(vendors, "hostile", mode);
    }

    private void assertNothingLeftBehind() throws IOException {
        try (Stream<Path> files = Files.list(clnorm.work())) {
            assertEquals(List.of(), files.toList(), "the folder that the command was started in");
        }
    }

    private JsonNode json() throws IOException {
        return new ObjectMapper()
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .readTree(clnorm.out);
    }

    // Devices and doctor.

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "crash-load     | crashed (SIGSEGV in libhostile.so)  | while it was loaded",
                "abort-load     | SIGABRT                             | while it was loaded",
                "exit-load      | ended the process with exit code 0  | while it was loaded",
                "quit-load      | ended the process with exit code 7  | while it was loaded",
                "signal-load    | SIGFPE                              | while it was loaded",
                "crash-platforms| crashed (SIGSEGV                    | while it was loaded",
                "exit-platforms | ended the process with exit code 0  | while it was loaded",
                "crash-devices  | crashed (SIGSEGV                    | when it was asked for its devices",
                "exit-device    | ended the process with exit code 0  | when it was asked about its device 0",
            })
    void devicesNamesTheDriverAndShowsTheOthers(String mode, String what, String when) throws Exception {
        Path icd = hostile(mode);
        assertEquals(ExitCode.DONE, clnorm.execute("devices"), clnorm.err);
        assertTrue(
                clnorm.out.lines().anyMatch(line -> line.startsWith("0:0 *") && line.contains("Test device (good)")),
                clnorm.out);
        for (String words : List.of(icd.toString(), "libhostile.so", what, when)) {
            assertTrue(clnorm.err.contains(words), "'" + words + "' is not in: " + clnorm.err);
        }
        assertTrue(clnorm.err.lines().allMatch(line -> line.startsWith("clnorm: ")), clnorm.err);
        assertNothingLeftBehind();
    }

    @ParameterizedTest
    @CsvSource({"hang-load,while it was loaded", "hang-devices,when it was asked for its devices"})
    void aDriverThatHangsIsKilledAndNamed(String mode, String when) throws Exception {
        Path icd = hostile(mode);
        clnorm.option(LIMIT);
        assertEquals(ExitCode.DONE, clnorm.execute("devices", "--json"), clnorm.err);
        assertEquals(1, json().get("devices").size(), clnorm.out);
        assertTrue(
                clnorm.err.contains(icd + ": the driver") && clnorm.err.contains("did not answer within 15 s " + when),
                clnorm.err);
    }

    /** Results do not show what a driver prints, closes or changes in its process. */
    @ParameterizedTest
    @ValueSource(strings = {"print-load", "print-devices", "close-files", "change-folder", "ignore-signals"})
    void resultsStayClean(String mode) throws Exception {
        hostile(mode);
        assertEquals(ExitCode.DONE, clnorm.execute("devices", "--json"), clnorm.err);
        assertEquals(2, json().get("devices").size(), clnorm.out);
        assertEquals(0, json().get("broken_drivers").size(), clnorm.out);
        assertEquals("", clnorm.err);
        assertNothingLeftBehind();
    }

    @Test
    void jsonNamesTheDriver() throws Exception {
        Path icd = hostile("crash-load");
        assertEquals(ExitCode.DONE, clnorm.execute("devices", "--json"), clnorm.err);
        assertEquals(1, json().get("devices").size(), clnorm.out);
        JsonNode driver = json().get("broken_drivers").get(0);
        assertEquals(icd.toString(), driver.get("icd_file").textValue());
        assertTrue(driver.get("problem").textValue().contains("crashed"), clnorm.out);
    }

    @Test
    void aLoneHostileDriverIsNoDevice() throws Exception {
        Files.delete(vendors.resolve("good.icd"));
        Path icd = hostile("abort-load");
        assertEquals(ExitCode.NO_DEVICE, clnorm.execute("devices"), clnorm.err);
        assertEquals("", clnorm.out);
        assertEquals(1, clnorm.err.lines().count(), clnorm.err);
        assertTrue(clnorm.err.contains(icd.toString()) && clnorm.err.contains("SIGABRT"), clnorm.err);
        assertFalse(clnorm.err.contains("install ocl-icd"), clnorm.err);
    }

    @Test
    void doctorNamesTheDriverAndGoesOn() throws Exception {
        Path icd = hostile("crash-load");
        // Neither driver makes a context.
        assertEquals(ExitCode.NO_DEVICE, clnorm.execute("doctor"), clnorm.err);
        assertTrue(
                clnorm.out
                        .lines()
                        .anyMatch(line -> line.startsWith("broken   driver ")
                                && line.contains(icd.toString())
                                && line.contains("crashed (SIGSEGV")),
                clnorm.out);
        assertTrue(
                clnorm.out.lines().anyMatch(line -> line.startsWith("ok       driver ") && line.contains("good.icd")),
                clnorm.out);
        assertTrue(
                clnorm.out
                        .lines()
                        .anyMatch(line -> line.startsWith("broken   device ")
                                && line.contains("0:0 Test device (good)")
                                && line.contains("CL_OUT_OF_HOST_MEMORY")),
                clnorm.out);
        assertEquals("", clnorm.err);
        assertNothingLeftBehind();
    }

    @ParameterizedTest
    @CsvSource({"crash-context,crashed (SIGSEGV", "exit-context,ended the process with exit code 0"})
    void doctorNamesADeviceWhoseDriverEndsTheProcessLater(String mode, String what) throws Exception {
        hostile(mode);
        assertEquals(ExitCode.NO_DEVICE, clnorm.execute("doctor"), clnorm.err);
        assertTrue(
                clnorm.out
                        .lines()
                        .anyMatch(line -> line.startsWith("broken   device ")
                                && line.contains("Test device (" + mode + ")")
                                && line.contains(what)),
                clnorm.out);
        assertNothingLeftBehind();
    }

    /**
     * Ctrl-C, which a terminal also sends to child processes, or a signal to the command alone: no driver is blamed.
     */
    @ParameterizedTest
    @CsvSource({"doctor,INT", "doctor,TERM", "devices,TERM"})
    void anInterruptedTestBlamesNoDriverAndLeavesNothing(String command, String signal) throws Exception {
        hostile("hang-devices");
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        clnorm.option("-Djava.io.tmpdir=" + temporary);
        Process process = clnorm.start(folder.resolve("out.txt"), folder.resolve("err.txt"), command);
        try {
            while (process.descendants().noneMatch(child -> child.info().arguments().stream()
                    .anyMatch(all -> List.of(all).contains("io.github.clnorm.internal.driver.DriverProbe")))) {
                assertTrue(process.isAlive(), "ended before it asked a driver");
                Thread.sleep(20);
            }
            String pids = process.pid()
                    + (signal.equals("INT")
                            ? process.descendants()
                                    .map(child -> " " + child.pid())
                                    .collect(Collectors.joining())
                            : "");
            new ProcessBuilder("sh", "-c", "kill -" + signal + " " + pids)
                    .start()
                    .waitFor();
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), "still there a minute after SIG" + signal);
        } finally {
            process.destroyForcibly();
        }
        String said = Files.readString(folder.resolve("out.txt")) + Files.readString(folder.resolve("err.txt"));
        assertFalse(said.contains("broken ") || said.contains(": the driver "), said);
        try (Stream<Path> files = Files.list(temporary)) {
            assertEquals(
                    List.of(),
                    files.filter(file -> file.toString().contains("clnorm")).toList());
        }
    }

    // Driver answers.

    @Test
    void controlCharactersNeverReachATerminal() throws Exception {
        hostile("controls");
        assertEquals(ExitCode.DONE, clnorm.execute("devices"), clnorm.err);
        assertPrintable(clnorm.out);
        assertTrue(clnorm.out.contains(" red line \ufffd"), clnorm.out);
        assertEquals(ExitCode.DONE, clnorm.execute("devices", "--json"), clnorm.err);
        assertFalse(clnorm.out.contains("\\u001b") || clnorm.out.contains("\u202e"), clnorm.out);
        clnorm.execute("doctor");
        assertPrintable(clnorm.out);
        Path input = TestFiles.write(folder.resolve("x.npy"), TestFiles.npy(new long[] {1, 4, 2}, new float[8]));
        assertEquals(
                ExitCode.FAILURE,
                clnorm.execute("run", "rms_norm", "-i", input, "-o", folder.resolve("y.npy"), "--device", "red"),
                clnorm.err);
        assertPrintable(clnorm.err);
        assertEquals(1, clnorm.err.lines().count(), clnorm.err);
    }

    private static void assertPrintable(String text) {
        assertTrue(
                text.codePoints()
                        .allMatch(c ->
                                c == '\n' || !Character.isISOControl(c) && Character.getType(c) != Character.FORMAT),
                text);
    }

    @Test
    void namesAreBounded() throws Exception {
        hostile("long-name");
        assertEquals(ExitCode.DONE, clnorm.execute("devices", "--json"), clnorm.err);
        for (JsonNode platform : json().get("platforms")) {
            assertTrue(platform.get("name").textValue().length() <= 200, "a long name");
        }
        assertEquals(2, json().get("devices").size());
    }

    @ParameterizedTest
    @CsvSource({
        "devices-2g,reports 2147483647 devices",
        "devices-100000,reports 100000 devices",
        "size-2g,a text of 2147483647 bytes",
        "zeros,reports a memory of 0"
    })
    void numbersThatCannotBeTrueAreRefusedByName(String mode, String says) throws Exception {
        hostile(mode);
        assertEquals(ExitCode.DONE, clnorm.execute("devices"), clnorm.err);
        assertTrue(clnorm.out.contains("Test device (good)") && !clnorm.out.contains("(" + mode + ")"), clnorm.out);
        assertTrue(clnorm.err.contains(says), clnorm.err);
    }

    @ParameterizedTest
    @ValueSource(strings = {"size-1t", "size-negative", "ones"})
    void otherNumbersDoNoHarm(String mode) throws Exception {
        hostile(mode);
        assertEquals(ExitCode.DONE, clnorm.execute("devices", "--json"), clnorm.err);
        for (JsonNode device : json().get("devices")) {
            for (String size : List.of("global_memory", "max_buffer", "max_work_group_size", "compute_units")) {
                assertTrue(device.get(size).longValue() > 0, clnorm.out);
            }
        }
    }

    // Commands that load drivers themselves.

    private int run() throws Exception {
        Path input = TestFiles.write(folder.resolve("x.npy"), TestFiles.npy(new long[] {1, 4, 2}, new float[8]));
        Files.write(folder.resolve("y.npy"), OLD);
        int code = clnorm.execute("run", "rms_norm", "-i", input, "-o", folder.resolve("y.npy"));
        assertArrayEquals(OLD, Files.readAllBytes(folder.resolve("y.npy")));
        assertEquals("", clnorm.out);
        assertNothingLeftBehind();
        return code;
    }

    private List<Path> notes() throws IOException {
        Path starting = clnorm.cache().resolve("starting");
        if (!Files.exists(starting)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(starting)) {
            return files.filter(file -> file.getFileName().toString().matches("\\d+-\\d+"))
                    .toList();
        }
    }

    /** Text that a driver prints, even through a buffer, does not appear among the results. */
    @ParameterizedTest
    @ValueSource(strings = {"print-load", "print-devices", "print-context", "murmur-load"})
    void standardOutputOfARunIsOfResultsOnly(String mode) throws Exception {
        hostile(mode);
        for (int start = 0; start < 2; start++) {
            assertEquals(ExitCode.FAILURE, run(mode), clnorm.err);
            assertTrue(clnorm.err.startsWith("the driver ") && clnorm.err.contains("the driver prints"), clnorm.err);
            assertTrue(clnorm.err.contains("clCreateContext"), clnorm.err);
        }
    }

    private int run(String selector) throws Exception {
        clnorm.set(DeviceSelector.ENVIRONMENT, selector);
        return run();
    }

    /** A driver that fails when its device is opened: it is named, and other devices still work. */
    @ParameterizedTest
    @CsvSource({"crash-context,crashed (SIGSEGV", "abort-context,SIGABRT", "exit-context,exit code 0"})
    void theNextRunNamesTheDriverThatEndedTheLastOneWhenItOpenedADevice(String mode, String what) throws Exception {
        Path icd = hostile(mode);
        assertTrue(run(mode) != ExitCode.DONE, clnorm.err);
        assertEquals(1, notes().size());
        for (int again = 0; again < 2; again++) {
            assertEquals(ExitCode.NO_DEVICE, run(mode), clnorm.err);
            assertEquals(1, clnorm.err.lines().count(), clnorm.err);
            for (String words : List.of(icd.toString(), what, "when it made a context on its device 0")) {
                assertTrue(clnorm.err.contains(words), "'" + words + "' is not in: " + clnorm.err);
            }
        }
        assertEquals(ExitCode.FAILURE, run("good"), clnorm.err);
        assertTrue(clnorm.err.contains("clCreateContext"), clnorm.err);
        hostile("good");
        assertEquals(ExitCode.FAILURE, run("good"), clnorm.err);
        assertEquals(List.of(), notes());
    }

    /** Even if the drivers are known to load safely. */
    @Test
    void aRunThatADriverEndsWhenItOpensADeviceIsNotDone() throws Exception {
        hostile("exit-context");
        assertEquals(ExitCode.FAILURE, run("good"), clnorm.err);
        assertEquals(ExitCode.NO_DEVICE, run("exit-context"), clnorm.err);
        assertTrue(clnorm.err.startsWith("clnorm: an OpenCL driver ended the process"), clnorm.err);
    }

    /** A program with several threads, the first of which checks the drivers in child processes. */
    @Test
    void threadsThatLoadAtOnceGetOneAnswer() throws Exception {
        Path icd = hostile("crash-load");
        Path starting = Files.createDirectories(clnorm.cache().resolve("starting"));
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        Files.createFile(starting.resolve(ended.pid() + "-1700000000000"));
        assertEquals(0, clnorm.executeClass("io.github.clnorm.internal.driver.LoadingThreads"), clnorm.err);
        List<String> lines = clnorm.out.lines().toList();
        assertEquals(2, lines.size(), clnorm.out);
        for (String line : lines) {
            assertTrue(line.startsWith("no device: ") && line.contains(icd.toString()), clnorm.out);
        }
    }

    /** A driver that calls exit(0) must not make a run look successful. */
    @ParameterizedTest
    @ValueSource(strings = {"exit-load", "exit-platforms", "exit-device"})
    void aRunThatADriverEndsIsNotDone(String mode) throws Exception {
        hostile(mode);
        assertEquals(ExitCode.NO_DEVICE, run(), clnorm.err);
        assertEquals(
                "clnorm: an OpenCL driver ended the process while it was loaded or its device was opened; clnorm doctor names it\n",
                clnorm.err);
    }

    @ParameterizedTest
    @CsvSource({"crash-load,crashed (SIGSEGV", "abort-devices,SIGABRT", "exit-load,exit code 0", "quit-load,exit code 7"
    })
    void theNextRunNamesTheDriverThatEndedTheLastOne(String mode, String what) throws Exception {
        Path icd = hostile(mode);
        assertTrue(run() != ExitCode.DONE, clnorm.err);
        assertEquals(1, notes().size());
        for (int again = 0; again < 2; again++) {
            assertEquals(ExitCode.NO_DEVICE, run(), clnorm.err);
            assertEquals(1, clnorm.err.lines().count(), clnorm.err);
            for (String words : List.of(icd.toString(), what, "clnorm doctor")) {
                assertTrue(clnorm.err.contains(words), "'" + words + "' is not in: " + clnorm.err);
            }
        }
        // Repaired: creating a context fails, which is an internal failure.
        hostile("good");
        assertEquals(ExitCode.FAILURE, run(), clnorm.err);
        assertEquals(List.of(), notes());
    }

    /** A process that was killed while it loaded drivers does not blame a good driver. */
    @Test
    void aNoteAloneNamesNoDriver() throws Exception {
        Path starting = Files.createDirectories(clnorm.cache().resolve("starting"));
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        Files.createFile(starting.resolve(ended.pid() + "-1700000000000"));
        assertEquals(ExitCode.FAILURE, run(), clnorm.err);
        assertTrue(clnorm.err.contains("clCreateContext"), clnorm.err);
        assertEquals(List.of(), notes());
    }

    /**
     * A signal ends the process at once while a driver hangs, although the driver holds the dynamic linker's lock. A
     * hint is printed before.
     */
    @ParameterizedTest
    @CsvSource({
        "hang-load,TERM,143,the OpenCL drivers have not been loaded",
        "hang-load,INT,130,the OpenCL drivers have not been loaded",
        "hang-load,HUP,129,the OpenCL drivers have not been loaded",
        "hang-context,TERM,143,the OpenCL device has not been opened"
    })
    void aRunWithADriverThatHangsCanBeStopped(String mode, String signal, int code, String what) throws Exception {
        hostile(mode);
        clnorm.option("-Dclnorm.drivers.timeout=1");
        clnorm.set(DeviceSelector.ENVIRONMENT, mode);
        Path input = TestFiles.write(folder.resolve("x.npy"), TestFiles.npy(new long[] {1, 4, 2}, new float[8]));
        Path errors = folder.resolve("err.txt");
        Process process = clnorm.start(
                folder.resolve("out.txt"), errors, "run", "rms_norm", "-i", input, "-o", folder.resolve("y.npy"));
        try {
            String hint = "clnorm: " + what + " after 1 s: clnorm doctor names a driver that hangs\n";
            while (!Files.readString(errors).contains(hint)) {
                assertTrue(process.isAlive(), Files.readString(errors));
                Thread.sleep(20);
            }
            assertEquals(1, notes().size());
            new ProcessBuilder("sh", "-c", "kill -" + signal + " " + process.pid())
                    .start()
                    .waitFor();
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), "still there a minute after SIG" + signal);
            assertEquals(code, process.exitValue());
            assertTrue(Files.readString(errors).endsWith(hint), Files.readString(errors));
        } finally {
            process.destroyForcibly();
        }
    }
}
