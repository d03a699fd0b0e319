package io.github.clnorm.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.tensorfile.TestFiles;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.testing.ErrorLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A machine with an OpenCL loader and no driver. The loader reads its environment once, so each command has a process of
 * its own.
 */
@Tag("slow")
class NoDeviceTest {

    // The test machine has drivers, which OCL_ICD_VENDORS hides: installing one would not help.
    private static final String UNSET = "Unset OCL_ICD_VENDORS to use the installed drivers";
    private static final byte[] OLD = {'o', 'l', 'd'};

    @TempDir
    private Path folder;

    private Path vendors;
    private Path input;
    private Path output;
    private String out;
    private String err;

    @BeforeEach
    void setUp() throws IOException {
        vendors = Files.createDirectory(folder.resolve("vendors"));
        input = TestFiles.write(folder.resolve("x.npy"), TestFiles.npy(new long[] {1, 4, 2}, new float[8]));
        output = Files.write(folder.resolve("y.npy"), OLD);
    }

    private int execute(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.library.path=" + System.getProperty("java.library.path"),
                "-cp",
                System.getProperty("java.class.path"),
                "io.github.clnorm.tools.Main"));
        command.addAll(List.of(arguments));
        // Files instead of pipes, which would both have to be read at once.
        Path outFile = folder.resolve("out.txt");
        Path errFile = folder.resolve("err.txt");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(outFile.toFile()).redirectError(errFile.toFile());
        builder.environment().put("OCL_ICD_VENDORS", vendors.toString());
        builder.environment().remove(DeviceSelector.ENVIRONMENT);
        // With either of these the JVM greets on standard error.
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().remove("_JAVA_OPTIONS");
        int code = builder.start().waitFor();
        out = Files.readString(outFile);
        err = Files.readString(errFile);
        return code;
    }

    private void assertOneLine(String... says) {
        ErrorLine.check(err, (Object[]) says);
    }

    @Test
    void runSaysWhatItLookedForWhatIsThereAndHowToMendIt() throws Exception {
        int code = execute("run", "group_norm", "--num-groups", "2", "-i", input.toString(), "-o", output.toString());
        assertEquals(ExitCode.NO_DEVICE, code, err);
        assertEquals("", out);
        assertOneLine("looking for 'any'", "There is: no OpenCL platform", UNSET);
        assertArrayEquals(OLD, Files.readAllBytes(output));
    }

    @Test
    void runNamesTheSelectorThatWasGiven() throws Exception {
        int code = execute(
                "run",
                "group_norm",
                "--num-groups",
                "2",
                "-i",
                input.toString(),
                "-o",
                output.toString(),
                "--device",
                "gpu,nvidia");
        assertEquals(ExitCode.NO_DEVICE, code, err);
        assertOneLine("looking for 'gpu,nvidia'", UNSET);
        assertArrayEquals(OLD, Files.readAllBytes(output));
    }

    @Test
    void badInputIsStillAWrongRequest() throws Exception {
        Files.write(input, OLD);
        int code = execute("run", "group_norm", "--num-groups", "2", "-i", input.toString(), "-o", output.toString());
        assertEquals(ExitCode.WRONG_REQUEST, code, err);
        assertEquals("", out);
        assertOneLine(input.toString(), "not a .npy file");
        assertArrayEquals(OLD, Files.readAllBytes(output));
    }

    @Test
    void badSelectorIsStillAWrongRequest() throws Exception {
        int code = execute(
                "run",
                "group_norm",
                "--num-groups",
                "2",
                "-i",
                input.toString(),
                "-o",
                output.toString(),
                "--device",
                "a,,b");
        assertEquals(ExitCode.WRONG_REQUEST, code, err);
        assertOneLine("'a,,b'");
    }

    @Test
    void devicesSaysHowToMendIt() throws Exception {
        assertEquals(ExitCode.NO_DEVICE, execute("devices"), err);
        assertEquals("", out);
        assertOneLine("no OpenCL device", UNSET);
    }

    @Test
    void tuneSaysHowToMendIt() throws Exception {
        assertEquals(ExitCode.NO_DEVICE, execute("tune"), err);
        assertEquals("", out);
        assertOneLine("looking for 'any'", UNSET);
        assertEquals(ExitCode.NO_DEVICE, execute("tune", "--explain", "group_norm", "--shape", "2,64,8"), err);
        assertEquals(ExitCode.NO_DEVICE, execute("tune", "--json"), err);
        assertTrue(new ObjectMapper().readTree(out).get("devices").isEmpty(), out);
    }

    @Test
    void devicesStillPrintsOneJsonDocument() throws Exception {
        assertEquals(ExitCode.NO_DEVICE, execute("devices", "--json"), err);
        JsonNode root = new ObjectMapper()
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .readTree(out);
        assertTrue(root.get("devices").isArray() && root.get("devices").isEmpty(), out);
        assertOneLine("no OpenCL device", UNSET);
    }

    @Test
    void devicesStillPrintsAResourceOfSpark() throws Exception {
        assertEquals(ExitCode.NO_DEVICE, execute("devices", "--spark"), err);
        assertEquals("{\"name\":\"gpu\",\"addresses\":[]}\n", out);
        assertOneLine("no OpenCL device", UNSET);
    }

    @Test
    void benchStillPrintsOneJsonDocument() throws Exception {
        assertEquals(ExitCode.NO_DEVICE, execute("bench", "--json"), err);
        JsonNode root = new ObjectMapper()
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .readTree(out);
        assertTrue(root.get("devices").isArray() && root.get("devices").isEmpty(), out);
        assertOneLine("looking for 'any'", UNSET);
    }

    @Test
    void doctorSaysWhatIsMissingAndHowToMendIt() throws Exception {
        assertEquals(ExitCode.NO_DEVICE, execute("doctor"), out + err);
        assertTrue(
                out.lines()
                        .anyMatch(line -> line.startsWith("missing  ICD files") && line.contains(vendors.toString())),
                out);
        assertTrue(out.contains("No device works. " + UNSET), out);
        assertEquals("", err);
    }

    @Test
    void doctorNamesADriverThatIsGone() throws Exception {
        Path icd = Files.writeString(vendors.resolve("gone.icd"), "/nowhere/libgone.so.1\n");
        assertEquals(ExitCode.NO_DEVICE, execute("doctor"), out + err);
        assertTrue(
                out.lines()
                        .anyMatch(line -> line.startsWith("broken ")
                                && line.contains(icd.toString())
                                && line.contains("libgone.so.1")),
                out);
    }
}
