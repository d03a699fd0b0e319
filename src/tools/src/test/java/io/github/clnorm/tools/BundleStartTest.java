package io.github.clnorm.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How a bundle finds the machine's drivers: its start script, with a Java that prints its arguments and environment.
 */
class BundleStartTest {

    @TempDir
    private Path temporary;

    private Path bundle;
    private Path drivers;

    @BeforeEach
    void makeABundle() throws IOException {
        bundle = Files.createDirectories(temporary.resolve("a bundle"));
        drivers = Files.createDirectory(temporary.resolve("drivers"));
        executable(bundle.resolve("clnorm"), Files.readString(Path.of("bench", "bundle-start")));
        Files.createDirectories(bundle.resolve("runtime/bin"));
        Files.createFile(Files.createDirectories(bundle.resolve("lib")).resolve("jocl.jar"));
        executable(
                bundle.resolve("runtime/bin/java"),
                """
                #!/bin/sh
                echo "vendors=${OCL_ICD_VENDORS:-}"
                echo "libraries=${LD_LIBRARY_PATH:-}"
                echo "path=$PATH"
                echo "locale=${LC_ALL:-}"
                for argument in "$@"; do echo "argument=$argument"; done
                """);
    }

    private static void executable(Path file, String text) throws IOException {
        Files.writeString(file, text);
        assertTrue(file.toFile().setExecutable(true));
    }

    private List<String> start(Map<String, String> environment, String... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(List.of("/bin/sh", bundle.resolve("clnorm").toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder process = new ProcessBuilder(command).redirectErrorStream(true);
        process.environment().clear();
        process.environment().putAll(environment);
        Process started = process.start();
        List<String> lines =
                new String(started.getInputStream().readAllBytes()).lines().toList();
        assertEquals(0, started.waitFor(), lines.toString());
        return lines;
    }

    private static String value(List<String> lines, String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name + "="))
                .map(line -> line.substring(name.length() + 1))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void argumentsArePassedAsTheyAreAndAnEmptyEnvironmentHasAPath() throws Exception {
        List<String> lines = start(Map.of(), "run", "a b", "", "*");
        int main = lines.indexOf("argument=io.github.clnorm.tools.Main");
        assertEquals(
                List.of("argument=run", "argument=a b", "argument=", "argument=*"),
                lines.subList(main + 1, lines.size()));
        assertEquals(
                "argument=" + bundle.toRealPath().resolve("clnorm.jar") + ":"
                        + bundle.toRealPath().resolve("lib/jocl.jar"),
                lines.get(main - 1));
        assertFalse(lines.contains("argument=-jar"), "the manifest names no libraries");
        assertFalse(value(lines, "path").isEmpty());
    }

    @Test
    void aDriverWithoutAnIcdFileIsFoundByItsLibrary() throws Exception {
        Path library = Files.createFile(drivers.resolve("libnvidia-opencl.so.1"));
        List<String> lines = start(Map.of("LD_LIBRARY_PATH", drivers.toString()));
        Path vendors = Path.of(value(lines, "vendors"));
        assertEquals(bundle.toRealPath().resolve("vendors"), vendors);
        assertEquals(library + "\n", Files.readString(vendors.resolve("libnvidia-opencl.so.1.icd")));
        assertTrue(value(lines, "libraries").contains(drivers.toString()));
        // The machine's own ICD files are still read.
        for (Path icd : icdFiles(Path.of("/etc/OpenCL/vendors"))) {
            assertEquals(Files.readString(icd), Files.readString(vendors.resolve(icd.getFileName())));
        }
    }

    @Test
    void aDriverWhoseLibraryHasAVersionOnlyIsFoundToo() throws Exception {
        Path library = Files.createFile(drivers.resolve("libnvidia-opencl.so.580.65.06"));
        List<String> lines = start(Map.of("LD_LIBRARY_PATH", drivers.toString()));
        Path icd = Path.of(value(lines, "vendors")).resolve("libnvidia-opencl.so.580.65.06.icd");
        assertEquals(library + "\n", Files.readString(icd));
    }

    @Test
    void aLinkLeadsToTheBundle() throws Exception {
        Path links = Files.createDirectory(temporary.resolve("links"));
        Files.createSymbolicLink(links.resolve("two"), bundle.resolve("clnorm"));
        Path link = Files.createSymbolicLink(links.resolve("one"), Path.of("two"));
        Process started = new ProcessBuilder("/bin/sh", link.toString(), "devices").start();
        String out = new String(started.getInputStream().readAllBytes());
        assertEquals(0, started.waitFor(), out);
        assertTrue(out.contains("argument=" + bundle.toRealPath().resolve("clnorm.jar") + ":"), out);
    }

    @Test
    void severalDriversAreFoundBesideThoseOfTheMachine() throws Exception {
        Path library = Files.createFile(drivers.resolve("libnvidia-opencl.so.1"));
        Files.createFile(drivers.resolve("libamdocl64.so"));
        Path vendors = Path.of(value(start(Map.of("LD_LIBRARY_PATH", drivers.toString())), "vendors"));
        assertEquals(
                icdFiles(Path.of("/etc/OpenCL/vendors")).size() + 2,
                icdFiles(vendors).size(),
                library.toString());
    }

    @Test
    void whatAnEarlierStartFoundIsForgotten() throws Exception {
        Path library = Files.createFile(drivers.resolve("libnvidia-opencl.so.1"));
        start(Map.of("LD_LIBRARY_PATH", drivers.toString()));
        Files.move(library, drivers.resolve("libnvidia-opencl.so.2"));
        Path vendors = Path.of(value(start(Map.of("LD_LIBRARY_PATH", drivers.toString())), "vendors"));
        assertFalse(Files.exists(vendors.resolve("libnvidia-opencl.so.1.icd")));
        assertTrue(Files.exists(vendors.resolve("libnvidia-opencl.so.2.icd")));
    }

    @Test
    void aFolderThatTheUserNamesComesBeforeAll() throws Exception {
        Files.createFile(drivers.resolve("libnvidia-opencl.so.1"));
        List<String> lines = start(Map.of("LD_LIBRARY_PATH", drivers.toString(), "OCL_ICD_VENDORS", "/mine"));
        assertEquals("/mine", value(lines, "vendors"));
        assertFalse(Files.exists(bundle.resolve("vendors")));
    }

    @Test
    void namesAreUtf8WhereTheEnvironmentNamesNoLocale() throws Exception {
        for (Map<String, String> environment : List.of(
                Map.<String, String>of(),
                Map.of("LC_ALL", "C"),
                Map.of("LANG", "POSIX"),
                Map.of("LANG", "xx_XX.UTF-8"))) {
            assertEquals("C.UTF-8", value(start(environment), "locale"), environment.toString());
        }
        assertEquals("", value(start(Map.of("LANG", "C.UTF-8")), "locale"));
    }

    @Test
    void fromAFolderWithAnEmojiTheJarsRunFromACopy() throws Exception {
        bundle = Files.move(bundle, temporary.resolve("\uD83D\uDE00"));
        Files.writeString(bundle.resolve("clnorm.jar"), "");
        Files.createDirectories(bundle.resolve("lib"));
        Path cache = temporary.resolve("cache");
        List<String> lines = start(Map.of("CLNORM_CACHE", cache.toString()));
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("argument=" + cache + "/jars-")), lines.toString());
    }

    @Test
    void aFolderWithAColonIsNamed() throws Exception {
        bundle = Files.move(bundle, temporary.resolve("a:b"));
        Process started = new ProcessBuilder("/bin/sh", bundle.resolve("clnorm").toString(), "devices").start();
        assertEquals("", new String(started.getInputStream().readAllBytes()));
        String err = new String(started.getErrorStream().readAllBytes());
        assertEquals(1, started.waitFor());
        assertEquals(
                "clnorm: Java cannot start from " + bundle.toRealPath() + ": rename the folder, without a colon\n",
                err);
    }

    private static List<Path> icdFiles(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".icd")).toList();
        }
    }
}
