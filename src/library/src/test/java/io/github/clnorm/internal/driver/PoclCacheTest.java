package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PoclCacheTest {

    @TempDir
    Path folder;

    private Optional<Finding> problem(Map<String, String> environment) {
        return new PoclCache(environment, folder.toString()).problem();
    }

    @Test
    void acceptsFoldersThatCanBeCreated() {
        assertEquals(Optional.empty(), problem(Map.of()));
        assertEquals(Optional.empty(), problem(Map.of("HOME", folder.toString())));
        assertEquals(Optional.empty(), problem(Map.of("POCL_CACHE_DIR", folder + "/a/b", "HOME", "/proc/nope")));
    }

    @Test
    void namesTheVariableInEffect() {
        for (String variable : new String[] {"POCL_CACHE_DIR", "XDG_CACHE_HOME", "HOME"}) {
            Finding finding = problem(Map.of(variable, "/proc/nope")).orElseThrow();
            assertTrue(finding.detail().contains(variable + "=/proc/nope"), finding.detail());
        }
    }

    /**
     * PoCL loads programs from its folder without checks, so the remedy must never name a folder that others can write.
     */
    @Test
    void theRemedyIsAFolderOfTheUser() throws IOException {
        Finding finding = problem(Map.of("HOME", "/proc/nope")).orElseThrow();
        assertTrue(
                finding.remedy().contains("export POCL_CACHE_DIR='" + folder + "/.cache/pocl/kcache'"),
                finding.remedy());
        finding = problem(Map.of("POCL_CACHE_DIR", "/proc/nope", "HOME", folder.toString()))
                .orElseThrow();
        assertTrue(finding.remedy().contains("$HOME/.cache/pocl"), finding.remedy());
        Path file = Files.createFile(folder.resolve("file"));
        finding = new PoclCache(Map.of("HOME", file.toString()), file.toString())
                .problem()
                .orElseThrow();
        assertTrue(finding.detail().contains("is not a folder"), finding.detail());
        assertFalse(finding.remedy().contains("/tmp"), finding.remedy());
    }
}
