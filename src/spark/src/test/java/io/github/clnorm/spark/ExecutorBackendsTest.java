package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.device.NoDeviceException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExecutorBackendsTest {
    @TempDir
    Path empty;

    @Test
    void inLocalModeDevicesAreClosedWhenTheApplicationEnds() {
        try (Cluster cluster = Cluster.local()) {
            NormalizedRows result = Samples.normalize(Samples.floatRows(cluster.session(), 3, 2))
                    .normalized();
            assertEquals(3, result.rows().where("y is not null").count());
            assertEquals(1, ExecutorBackends.open());
            Backend backend = ExecutorBackends.ofTask();
            assertSame(backend, ExecutorBackends.ofTask());
        }
        assertEquals(0, ExecutorBackends.open());
    }

    /** What a process without a driver prints. */
    static final class WithoutDriver {
        private WithoutDriver() {}

        public static void main(String... arguments) {
            try {
                ExecutorBackends.ofTask();
            } catch (NoDeviceException e) {
                System.out.println(e.getMessage());
                System.out.println(e.findings().isEmpty() ? "no findings" : "findings");
            }
        }
    }

    @Test
    void aMachineWithoutAnOpenClDriverIsNamedWithWhatIsMissing() throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                WithoutDriver.class.getName());
        builder.environment().put("OCL_ICD_VENDORS", empty.toString());
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        Process process = builder.start();
        List<String> lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertEquals(0, process.waitFor());
        assertTrue(
                lines.get(0)
                        .startsWith("executor ? on host "
                                + InetAddress.getLocalHost().getHostName() + ": no OpenCL device was found"),
                lines.get(0));
        assertTrue(lines.get(0).contains("which has no ICD file"), lines.get(0));
        assertTrue(lines.get(0).endsWith("Run clnorm doctor there for more"), lines.get(0));
        assertEquals("findings", lines.get(1));
    }
}
