package io.github.clnorm.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** A class with a main method in a JVM of its own, like an application's, on the same drivers. */
public final class ChildProgram {

    // Ends a child that hangs.
    private static final long LIMIT_MINUTES = 10;

    private final Class<?> main;
    private final List<String> options = new ArrayList<>();
    private final Map<String, String> environment = new TreeMap<>();

    public ChildProgram(Class<?> main) {
        this.main = main;
    }

    public ChildProgram option(String option) {
        options.add(option);
        return this;
    }

    public ChildProgram with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** Runs it; returns what it prints. Fails if it does not end, or ends with an error. */
    public String run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Djava.library.path=" + System.getProperty("java.library.path")));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        Path out = Files.createTempFile("clnorm-child", ".txt");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
            builder.environment().remove("POCL_DEVICES");
            builder.environment().putAll(environment);
            Process process = builder.start();
            boolean ended = process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES);
            if (!ended) {
                process.destroyForcibly().waitFor();
            }
            String text = Files.readString(out).strip();
            assertTrue(ended, "it hangs after: " + text);
            assertEquals(0, process.exitValue(), text);
            return text;
        } finally {
            Files.delete(out);
        }
    }
}
