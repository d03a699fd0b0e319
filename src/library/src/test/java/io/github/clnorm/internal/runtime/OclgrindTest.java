package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every kernel under a simulator that reports data races, accesses out of bounds and diverging barriers. The launcher
 * leaves these tests out if Oclgrind cannot be installed, and says so.
 */
@Tag("oclgrind")
class OclgrindTest {

    @TempDir
    Path folder;

    @Test
    void everyKernelIsFreeOfRacesAndGivesTheSameBits() throws Exception {
        Map<String, String> checks = Map.of("OCLGRIND_DATA_RACES", "1", "OCLGRIND_CHECK_API", "1");
        assertTrue(OclgrindProcess.run(folder, "matrix", checks) > 250);
    }
}
