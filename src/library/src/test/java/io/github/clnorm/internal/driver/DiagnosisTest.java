package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.Finding;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.device.PlatformInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages contain the findings, and advise to install a driver only if there is none. */
class DiagnosisTest {

    private static final String INSTALL = "To run on the processor".toLowerCase(java.util.Locale.ROOT);

    @TempDir
    Path root;

    private final Map<String, String> environment = new HashMap<>();

    private Path file(String path, String content) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    private void loader() throws IOException {
        file("usr/lib/libOpenCL.so.1", "");
    }

    private Path pocl() throws IOException {
        Path library = file("usr/lib/libpocl.so.2", "not a library");
        file("etc/OpenCL/vendors/pocl.icd", library.toString());
        return library;
    }

    private String message(PlatformInfo... platforms) {
        Diagnosis diagnosis = new Diagnosis(Installation.under(root, environment), environment, true);
        NoDeviceException e = diagnosis.noDevice(", looking for 'gpu'", List.of(platforms));
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
        assertTrue(e.getMessage().contains("looking for 'gpu'"), e.getMessage());
        assertFalse(e.getMessage().contains("--"), e.getMessage());
        assertFalse(e.findings().isEmpty());
        return e.getMessage();
    }

    private static PlatformInfo platform(String name, String problem) {
        return new PlatformInfo(0, name, "vendor", "1.2", List.of(), problem);
    }

    @Test
    void nothingIsInstalled() {
        String message = message();
        assertTrue(message.contains("libOpenCL.so.1"), message);
        assertTrue(message.toLowerCase(java.util.Locale.ROOT).contains(INSTALL), message);
    }

    @Test
    void aLoaderWithoutDrivers() throws IOException {
        loader();
        String message = message();
        assertTrue(message.contains("no driver is installed"), message);
        assertTrue(message.contains(INSTALL), message);
    }

    @Test
    void aDriverWithoutAnIcdFileIsNamedWithTheVariableThatLoadsIt() throws IOException {
        loader();
        Path library = file("usr/lib/libnvidia-opencl.so.1", "");
        String message = message();
        assertTrue(message.contains(library + " is a driver that no ICD file names"), message);
        assertTrue(message.contains("OCL_ICD_VENDORS"), message);
        assertFalse(message.contains(INSTALL), message);
        file("etc/OpenCL/vendors/nvidia.icd", "libnvidia-opencl.so.1");
        assertFalse(message().contains("that no ICD file names"), message());
    }

    @Test
    void aSystemWithoutIcdFilesHasOneVerdictAboutAllDrivers() {
        Finding works = new DriverCheck.DriverVerdict(null, null, List.of(platform("Apple", null)), null).finding();
        assertEquals(Finding.ok("driver", "the loader answers: 0 devices"), works);
        Finding empty = new DriverCheck.DriverVerdict(null, null, List.of(), null).finding();
        assertEquals(Finding.State.EMPTY, empty.state());
        assertEquals("the loader offers no platform", empty.detail());
        Finding crashed = new DriverCheck.DriverVerdict(null, "the drivers: crashed", List.of(), null).finding();
        assertTrue(crashed.sentence().contains("Update the driver of the GPU's vendor"), crashed.sentence());
    }

    @Test
    void theEnvironmentHidesTheInstalledDrivers() throws IOException {
        loader();
        pocl();
        Path empty = Files.createDirectory(root.resolve("empty"));
        environment.put("OCL_ICD_VENDORS", empty.toString());
        String message = message();
        assertTrue(message.contains("OCL_ICD_VENDORS") && message.contains(empty.toString()), message);
        assertTrue(message.contains("Unset OCL_ICD_VENDORS"), message);
        assertFalse(message.contains(INSTALL), message);
    }

    @Test
    void anIcdFileNamesALibraryThatIsMissing() throws IOException {
        loader();
        Path icd = file("etc/OpenCL/vendors/gone.icd", "/nowhere/libgone.so.1");
        String message = message();
        assertTrue(message.contains(icd + ": /nowhere/libgone.so.1 is not on this machine"), message);
        assertFalse(message.contains(INSTALL), message);
    }

    @Test
    void aLibraryThatCannotBeLoadedHasTheLinkersReason() throws IOException {
        loader();
        Path library = pocl();
        environment.put("HOME", root.toString());
        String message = message();
        assertTrue(message.contains(library + " cannot be loaded: the file is too short"), message);
        assertFalse(message.contains(INSTALL), message);
    }

    @Test
    void aLibraryThatLacksAnotherHasTheLinkersReason() throws Exception {
        loader();
        Path source = file("lacking.c", "int absent(void); int present(void) { return absent(); }");
        Path library = root.resolve("liblacking.so");
        assertEquals(
                0,
                new ProcessBuilder("cc", "-shared", "-fPIC", "-Wl,-z,now", "-o", library.toString(), source.toString())
                        .inheritIO()
                        .start()
                        .waitFor());
        file("etc/OpenCL/vendors/lacking.icd", library.toString());
        String message = message();
        assertTrue(message.contains(library + " cannot be loaded: undefined symbol: absent"), message);
    }

    @Test
    void aPlatformWithoutADevice() throws IOException {
        loader();
        pocl();
        environment.put("HOME", root.toString());
        String message = message(platform("rusticl", null), platform("Broken", "clGetDeviceIDs answered X (-6)"));
        assertTrue(message.contains("rusticl") && message.contains("RUSTICL_ENABLE"), message);
        assertTrue(message.contains("Broken") && message.contains("clGetDeviceIDs answered X (-6)"), message);
        assertFalse(message.contains(INSTALL), message);
    }

    @Test
    void poclCannotWriteItsCache() throws IOException {
        loader();
        pocl();
        environment.put("POCL_CACHE_DIR", "/proc/nope");
        environment.put("HOME", root.toString());
        String message = message(platform("Portable Computing Language", null));
        assertTrue(message.contains("POCL_CACHE_DIR=/proc/nope"), message);
        assertTrue(message.contains("export POCL_CACHE_DIR=\"$HOME/.cache/pocl/kcache\""), message);
        assertFalse(message.contains(INSTALL), message);
    }
}
