package io.github.clnorm.internal.files;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A JVM that replaces files and stops before each step: it prints the step and blocks until it reads a byte. Thus
 * signals arrive at known moments.
 */
final class SteppedProcess implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 120;

    private final Process process;
    private final BufferedReader steps;
    private final OutputStream answers;

    SteppedProcess(Path... targets) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                SteppedProcess.class.getName()));
        Arrays.stream(targets).map(Path::toString).forEach(command::add);
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        steps = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        answers = process.getOutputStream();
    }

    /** The child: writes "new" to every target. */
    public static void main(String[] targets) throws IOException {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("exit")));
        Steps stops = step -> {
            System.out.println(step);
            System.in.read();
        };
        try (FileReplacements files = new FileReplacements(stops, channel -> OwnedFile.tryLock(channel) != null)) {
            for (String target : targets) {
                files.create(Path.of(target)).channel().write(ByteBuffer.wrap("new".getBytes(StandardCharsets.UTF_8)));
            }
            stops.before("written");
            files.commit();
        }
    }

    /** Continues until a step is next. */
    void runUntil(String step) throws IOException {
        for (String at = steps.readLine(); !step.equals(at); at = steps.readLine()) {
            if (at == null) {
                throw new AssertionError("it ended before: " + step);
            }
            goOn();
        }
    }

    private void goOn() throws IOException {
        answers.write('\n');
        answers.flush();
    }

    /** Sends a signal, and blocks until the process handles it. */
    void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
        if (!name.equals("KILL")) {
            String line = steps.readLine();
            if (!"exit".equals(line)) {
                throw new AssertionError("it does not end, but says: " + line);
            }
        }
    }

    /** Continues until the process exits. */
    void runToItsEnd() throws IOException, InterruptedException {
        try {
            goOn();
            while (steps.readLine() != null) {
                goOn();
            }
        } catch (IOException e) {
            // The process does not read any more.
        }
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("it does not end");
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
