package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.testing.Examples;
import io.github.clnorm.testing.TestDevices;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import org.jocl.CL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example with kernels of its own: it compiles without warnings and normalizes, on every device. */
@Tag("slow")
@Tag("device")
class OwnKernelsTest {

    private static final String NAME = "OwnKernels";

    @TempDir
    Path folder;

    /** The example enables exceptions in the whole process. */
    @AfterEach
    void disableExceptions() {
        CL.setExceptionsEnabled(false);
    }

    @Test
    void theVarianceOfEachGroupIsOne() throws Exception {
        Examples.compile(NAME, folder);
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            var run = loader.loadClass(NAME).getMethod("run", DeviceInfo.class);
            for (Backend backend : TestDevices.all().toList()) {
                float[] variances = (float[]) run.invoke(null, backend.device());
                assertEquals(4, variances.length);
                for (float variance : variances) {
                    assertEquals(1, variance, 1e-4, backend.device().description());
                }
            }
        }
    }
}
