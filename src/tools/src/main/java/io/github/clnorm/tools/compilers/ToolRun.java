package io.github.clnorm.tools.compilers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A run of a compiler.
 *
 * @param exit its exit code
 * @param output what it wrote to both outputs
 */
record ToolRun(int exit, String output) {

    static ToolRun of(Path folder, Map<String, String> environment, List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new ToolRun(process.waitFor(), output);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Whether a program is there and runs without an error. */
    static boolean succeeds(Map<String, String> environment, String... command) {
        try {
            return !of(Path.of("."), environment, List.of(command)).failed();
        } catch (IOException e) {
            return false;
        }
    }

    boolean failed() {
        return exit != 0;
    }
}
