package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The Javadoc of every public type that programs use says which threads may use it. */
class ThreadSafetyJavadocTest {

    private static final Path SOURCES = Path.of("src/library/src/main/java/io/github/clnorm");
    private static final List<String> PACKAGES = List.of(
            "",
            "device",
            "tensorfile",
            "type",
            "internal/cache",
            "internal/driver",
            "internal/exact",
            "internal/files",
            "internal/fleet",
            "internal/geometry",
            "internal/opencl",
            "internal/plan",
            "internal/runtime",
            "internal/tune");
    private static final Pattern TYPE = Pattern.compile(
            "/\\*\\*((?:(?!\\*/).)*)\\*/\\s*(?:@\\w+(?:\\([^)]*\\))?\\s*)*public (?:abstract |static |final |sealed |non-sealed )*"
                    + "(?:class|interface|record|enum) (\\w+)",
            Pattern.DOTALL);
    private static final Pattern STATED = Pattern.compile("(?i)thread-safe|immutable");

    @Test
    void everyPublicTypeStatesItsThreadSafety() throws IOException {
        List<String> missing = new ArrayList<>();
        int types = 0;
        for (String name : PACKAGES) {
            Path folder = SOURCES.resolve(name);
            assertTrue(Files.isDirectory(folder), folder.toString());
            List<Path> files;
            try (Stream<Path> all = Files.list(folder)) {
                files = all.filter(file -> file.toString().endsWith(".java"))
                        .sorted()
                        .toList();
            }
            for (Path file : files) {
                Matcher type = TYPE.matcher(Files.readString(file));
                // Nested types are part of the first one's description.
                if (type.find()) {
                    types++;
                    if (!STATED.matcher(type.group(1)).find()) {
                        missing.add(SOURCES.relativize(file).toString());
                    }
                }
            }
        }
        assertTrue(types > 60, types + " types");
        assertEquals(List.of(), missing);
    }
}
