package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadedBeforeTest {

    @TempDir
    Path root;

    private LoadedBefore of(Map<String, String> environment) {
        return new LoadedBefore(root.resolve("starting"), Installation.under(root, environment), environment);
    }

    @Test
    void knowsOnlyTheSameDriversInTheSameEnvironment() throws IOException {
        Path vendors = Files.createDirectories(root.resolve("etc/OpenCL/vendors"));
        Path library = Files.writeString(root.resolve("libdriver.so"), "one");
        Files.writeString(vendors.resolve("driver.icd"), library.toString());
        Map<String, String> environment = Map.of("RUSTICL_ENABLE", "llvmpipe", "SHLVL", "1");
        assertFalse(of(environment).isTrue());
        of(environment).remember();
        assertTrue(of(environment).isTrue());
        assertTrue(of(Map.of("RUSTICL_ENABLE", "llvmpipe", "SHLVL", "2")).isTrue());
        assertFalse(of(Map.of("RUSTICL_ENABLE", "iris")).isTrue());
        Files.writeString(library, "another");
        assertFalse(of(environment).isTrue());
    }

    @Test
    void withoutACacheNothingIsRemembered() {
        LoadedBefore nowhere = new LoadedBefore(null, Installation.under(root, Map.of()), Map.of());
        nowhere.remember();
        assertFalse(nowhere.isTrue());
    }
}
