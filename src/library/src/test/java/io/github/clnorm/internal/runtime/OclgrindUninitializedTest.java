package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kernels of every type and activation under a simulator that reports reads of uninitialized memory. */
@Tag("oclgrind")
class OclgrindUninitializedTest {

    @TempDir
    Path folder;

    @Test
    void nothingUninitializedIsRead() throws Exception {
        Map<String, String> checks = Map.of("OCLGRIND_UNINITIALIZED", "1", "OCLGRIND_DATA_RACES", "1");
        assertTrue(OclgrindProcess.run(folder, "initialised", checks) > 30);
    }
}
