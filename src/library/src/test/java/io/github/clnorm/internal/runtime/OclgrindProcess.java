package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A process whose only OpenCL device is the simulator Oclgrind. */
final class OclgrindProcess {
    private OclgrindProcess() {}

    /** Runs {@link OclgrindRun} and returns its number of runs. Fails if Oclgrind reports anything. */
    static int run(Path folder, String mode, Map<String, String> checks) throws IOException, InterruptedException {
        Files.writeString(folder.resolve("oclgrind.icd"), library() + "\n");
        Path output = folder.resolve("output");
        ProcessBuilder process = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Djava.library.path=" + System.getProperty("java.library.path"),
                "-cp",
                System.getProperty("java.class.path"),
                OclgrindRun.class.getName(),
                mode);
        process.environment().put("OCL_ICD_VENDORS", folder + "/");
        process.environment().putAll(checks);
        process.redirectErrorStream(true).redirectOutput(output.toFile());
        int code = process.start().waitFor();
        // Its compiler counts warnings, which it does not show: they are not findings.
        List<String> lines = Files.readAllLines(output).stream()
                .filter(line -> !line.matches("\\d+ warnings? generated\\."))
                .toList();
        String text = String.join("\n", lines.subList(0, Math.min(60, lines.size())));
        assertEquals(0, code, text);
        assertEquals(1, lines.size(), "Oclgrind found something:\n" + text);
        return Integer.parseInt(lines.get(0).replace(" runs", ""));
    }

    private static Path library() throws IOException {
        for (String folder : List.of("/usr/lib/oclgrind", "/usr/lib", "/usr/local/lib")) {
            Path root = Path.of(folder);
            if (Files.isDirectory(root)) {
                try (Stream<Path> below = Files.walk(root, 2)) {
                    var found = below.filter(path -> path.endsWith("liboclgrind-rt-icd.so"))
                            .findFirst();
                    if (found.isPresent()) {
                        return found.get();
                    }
                } catch (java.io.UncheckedIOException e) {
                    // A folder that may not be read holds nothing for us.
                    continue;
                }
            }
        }
        return fail("Oclgrind is not installed (Debian: apt-get install oclgrind). To leave these tests out:"
                + " ./clnorm test -DexcludedGroups=oclgrind");
    }
}
