package io.github.clnorm.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.Soak;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Memory, threads and open files of a process stay flat, however often it does something: in a process of its own with 128
 * MB for Java's heap. {@code clnorm.soak} makes it often.
 */
@Tag("slow")
@Tag("device")
@Tag("stress")
@Timeout(value = 3, unit = TimeUnit.HOURS)
class StressTest {

    // Between the middle of a run, when everything is compiled and every pool is filled, and its end.
    private static final int MOST_KILOBYTES = 48 << 10;
    private static final int MOST_THREADS = 2;
    private static final int MOST_FILES = 2;

    private static List<String> run(String what, int steps) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-Dclnorm.leaks=off",
                "-XX:MaxDirectMemorySize=3m",
                "-cp",
                System.getProperty("java.class.path")));
        if (System.getProperty("java.library.path") != null) {
            command.add("-Djava.library.path=" + System.getProperty("java.library.path"));
        }
        command.addAll(List.of(StressRun.class.getName(), what, Integer.toString(steps)));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output.lines().toList();
    }

    private static void assertFlat(String what, int steps) throws IOException, InterruptedException {
        List<String> lines = run(what, steps);
        List<long[]> figures = lines.stream()
                .filter(line -> line.startsWith("kB, threads, files: "))
                .map(line -> Arrays.stream(line.substring(line.indexOf(':') + 2).split(" "))
                        .mapToLong(Long::parseLong)
                        .toArray())
                .toList();
        assertTrue(figures.size() >= 10, () -> String.join("\n", lines));
        long[] middle = figures.get(figures.size() / 2);
        long[] last = figures.get(figures.size() - 1);
        String all = what + "\n" + String.join("\n", lines);
        System.out.println(all);
        assertTrue(last[0] - middle[0] <= MOST_KILOBYTES, all);
        assertTrue(last[1] - middle[1] <= MOST_THREADS, all);
        assertTrue(last[2] - middle[2] <= MOST_FILES, all);
    }

    @Test
    void passes() throws Exception {
        assertFlat("passes", Soak.steps(4000, 200_000));
    }

    @Test
    void passesThatAreForgotten() throws Exception {
        assertFlat("forgotten", Soak.steps(2000, 100_000));
    }

    @Test
    void transfersWithLittleDirectMemory() throws Exception {
        assertFlat("transfers", Soak.steps(20, 500));
    }

    @Test
    void backends() throws Exception {
        assertFlat("backends", Soak.steps(60, 5000));
    }

    @Test
    void backendsThatAreForgotten() throws Exception {
        assertFlat("forgotten-backends", Soak.steps(60, 1000));
    }
}
