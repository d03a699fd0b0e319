package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a user's executors get beside Spark's own jars. Maven writes the list before the tests. */
class RuntimeClassPathTest {
    private static List<Path> entries() throws Exception {
        Path list = Path.of(System.getenv("SPARK_HOME")).resolveSibling("clnorm-spark/runtime.classpath");
        return Arrays.stream(Files.readString(list).strip().split(java.io.File.pathSeparator))
                .map(Path::of)
                .toList();
    }

    private static Stream<String> packages(Path entry) throws Exception {
        if (Files.isDirectory(entry)) {
            try (Stream<Path> files = Files.walk(entry)) {
                return files.map(file -> entry.relativize(file).toString()).toList().stream();
            }
        }
        try (JarFile jar = new JarFile(entry.toFile())) {
            return jar.stream().map(file -> file.getName()).toList().stream();
        }
    }

    @Test
    void thereIsNoJacksonAndNothingOfSpark() throws Exception {
        Set<String> foreign = new TreeSet<>();
        for (Path entry : entries()) {
            packages(entry)
                    .filter(file -> file.matches("(META-INF/versions/\\d+/)?(com/fasterxml|org/apache|scala)/.*"))
                    .forEach(file -> foreign.add(entry.getFileName() + ": " + file));
        }
        assertEquals(Set.of(), foreign);
    }

    @Test
    void theLibraryIsThere() throws Exception {
        String all = entries().stream().map(Path::toString).collect(Collectors.joining("\n"));
        for (String part : List.of("clnorm", "jocl", "jna")) {
            assertTrue(all.contains(part), all);
        }
    }
}
