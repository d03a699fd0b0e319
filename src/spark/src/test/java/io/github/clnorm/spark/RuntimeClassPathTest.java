package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
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

    /** Every class that a class of clnorm refers to: in another entry, or from Spark. */
    @Test
    void noClassIsMissing() throws Exception {
        List<Path> entries = entries();
        List<String> arguments = new ArrayList<>(List.of("--multi-release", "17", "--missing-deps", "-cp"));
        arguments.add(entries.stream().map(Path::toString).collect(Collectors.joining(java.io.File.pathSeparator)));
        arguments.add(Path.of(ClnormSpark.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .toString());
        entries.stream()
                .map(Path::toString)
                .filter(entry -> entry.contains("clnorm"))
                .forEach(arguments::add);
        StringWriter found = new StringWriter();
        PrintWriter output = new PrintWriter(found);
        ToolProvider.findFirst("jdeps").orElseThrow().run(output, output, arguments.toArray(String[]::new));
        Set<String> missing = Pattern.compile("-> (\\S+) +not found")
                .matcher(found.toString())
                .results()
                .map((MatchResult line) -> line.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        // jdeps has read the classes: it misses those of Spark, which are not in its class path.
        assertTrue(missing.contains("org.apache.spark.SparkContext"), found.toString());
        missing.removeIf(name -> name.matches("(org\\.apache|scala|com\\.fasterxml\\.jackson|com\\.codahale)\\..*"));
        assertEquals(Set.of(), missing);
    }
}
