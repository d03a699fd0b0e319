package io.github.clnorm.tools.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.testing.CommandProcess;
import io.github.clnorm.tools.testing.ErrorLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code clnorm devices --spark} is a discovery script: Spark reads its standard output and its exit code. */
class SparkResourceTest {

    @TempDir
    private Path folder;

    private CommandProcess process;

    @BeforeEach
    void onPoclAlone() throws IOException {
        Path vendors = Files.createDirectory(folder.resolve("vendors"));
        Files.copy(Path.of("/etc/OpenCL/vendors/pocl.icd"), vendors.resolve("pocl.icd"));
        process = new CommandProcess(folder.resolve("process"), vendors);
    }

    @Test
    void isOneLineOfJson() throws IOException {
        assertEquals(
                "{\"name\":\"gpu\",\"addresses\":[\"0000:41:00.0\",\"0:1\"]}",
                SparkResource.of(List.of("0000:41:00.0", "0:1")));
    }

    @Test
    @Tag("device")
    void hasTheDevicesThatTheVariableSelects() throws Exception {
        process.set(DeviceSelector.ENVIRONMENT, "cpu");
        assertEquals(ExitCode.DONE, process.execute("devices", "--spark"), process.err);
        assertEquals("{\"name\":\"gpu\",\"addresses\":[\"0:0\"]}\n", process.out);
        assertEquals("", process.err);
    }

    @Test
    @Tag("device")
    void aProcessorIsNoGpu() throws Exception {
        assertEquals(ExitCode.NO_DEVICE, process.execute("devices", "--spark"), process.err);
        assertEquals("{\"name\":\"gpu\",\"addresses\":[]}\n", process.out);
        ErrorLine.check(
                process.err,
                "no OpenCL device matches 'gpu'. There is: 0:0 cpu ",
                "by a part of its name, with CLNORM_DEVICE");
    }

    @Test
    void eitherJsonOrSpark() throws Exception {
        assertEquals(ExitCode.WRONG_REQUEST, process.execute("devices", "--spark", "--json"), process.err);
        assertEquals("", process.out);
        assertTrue(process.err.contains("--json and --spark are given, expected one of them"), process.err);
    }
}
