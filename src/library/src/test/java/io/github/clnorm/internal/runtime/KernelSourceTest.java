package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.device.ClException;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jocl.CL;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("device")
class KernelSourceTest {

    private static List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("opencl"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(".cl"))
                    .sorted()
                    .toList();
        }
    }

    @OnEveryDevice
    void everyFileCompilesAloneWithItsDefaults(Backend backend) throws IOException {
        List<String> files = files();
        assertTrue(files.size() >= 6, files.toString());
        for (String file : files) {
            backend.session()
                    .openCl()
                    .release(backend.session().openCl().build(KernelSource.of(file), "-cl-std=CL1.2"));
        }
    }

    @Test
    void everyMacroOfAConditionHasADefault() throws IOException {
        Pattern condition = Pattern.compile("(?m)^#(?:if|elif) (.*)$");
        Pattern macro = Pattern.compile("\\b[A-Z][A-Z0-9_]+\\b");
        for (String file : files()) {
            String text = KernelSource.of(file);
            condition
                    .matcher(text)
                    .results()
                    .map(line -> line.group(1).replaceAll("defined\\(\\w+\\)", ""))
                    .flatMap(line -> macro.matcher(line).results().map(MatchResult::group))
                    .forEach(name ->
                            assertTrue(text.contains("#define " + name + " "), name + " has no default in " + file));
        }
    }

    @Test
    void includesArePutInPlaceOnce() {
        String source = KernelSource.of("resident.cl");
        assertFalse(source.contains("#include"), "an include is left");
        assertEquals(1, source.split("#define LANES 64", -1).length - 1);
    }

    @Test
    void aBuildThatFailsShowsTheCompilersLogAlsoWhileJoclThrowsExceptions() {
        CL.setExceptionsEnabled(true);
        try {
            aBuildThatFailsShowsTheCompilersLog();
        } finally {
            CL.setExceptionsEnabled(false);
        }
    }

    @Test
    void aBuildThatFailsShowsTheCompilersLog() {
        ClException e = assertThrows(
                ClException.class,
                () -> TestDevices.first().session().openCl().build("__kernel void broken() { nonsense }", ""));
        assertEquals("CL_BUILD_PROGRAM_FAILURE", e.codeName());
        assertEquals("clBuildProgram", e.call());
        assertTrue(e.buildLog().contains("nonsense"), e.buildLog());
        assertTrue(e.getMessage().contains(TestDevices.first().device().driver()), e.getMessage());
    }

    /** Else a kernel could change without the hash that results and winners are kept under. */
    @Test
    void theHashIsOfEveryFile() throws IOException {
        Set<String> hashed = new TreeSet<>(KernelSource.FILES);
        for (String file : KernelSource.FILES) {
            String text = KernelSource.of(file);
            files().stream().filter(other -> text.contains(firstLine(other))).forEach(hashed::add);
        }
        assertEquals(files(), List.copyOf(hashed));
        assertTrue(KernelSource.hash().matches("[0-9a-f]{16}"), KernelSource.hash());
        assertEquals(KernelSource.hash(), KernelSource.hash());
    }

    private static String firstLine(String file) {
        return KernelSource.of(file).lines().findFirst().orElseThrow();
    }
}
