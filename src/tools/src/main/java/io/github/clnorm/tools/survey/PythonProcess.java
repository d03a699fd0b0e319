package io.github.clnorm.tools.survey;

import io.github.clnorm.tools.terminal.MessageText;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A Python that runs a script of this program and talks to it by lines. Killed with all its children when it is closed. */
final class PythonProcess implements Conversation {

    private static final long MOST_WAITING_SECONDS = 5;
    private static final String END = "";

    private final Process process;
    private final Path script;
    private final BufferedWriter in;
    private final Thread errors;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private volatile String lastWords = "";
    private boolean timedOut;

    private PythonProcess(Process process, Path script) {
        this.process = process;
        this.script = script;
        this.in = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        read("answers", process.getInputStream(), true);
        this.errors = read("errors", process.getErrorStream(), false);
    }

    /**
     * Starts a script.
     *
     * @param python the name or path of a Python
     * @param source the script
     * @param arguments its arguments
     * @throws IOException if it cannot be started; the message names the Python
     */
    static PythonProcess start(String python, byte[] source, List<String> arguments) throws IOException {
        Path script = TemporaryFiles.file(".py");
        try {
            Files.write(script, source);
            List<String> command = new ArrayList<>(List.of(python, "-u", script.toString()));
            command.addAll(arguments);
            ProcessBuilder builder = new ProcessBuilder(command);
            withoutJava(builder.environment());
            return new PythonProcess(builder.start(), script);
        } catch (IOException e) {
            Files.deleteIfExists(script);
            throw new IOException("cannot start " + python + ": " + reason(e), e);
        }
    }

    /** The system's own words, without the command. */
    private static String reason(IOException e) {
        String message = MessageText.oneLine(String.valueOf((e.getCause() == null ? e : e.getCause()).getMessage()));
        return message.replaceFirst("^.*error=\\d+, ", "");
    }

    /** The launchers preload a library for Java's signals, which is not for Python. */
    static void withoutJava(Map<String, String> environment) {
        String preloaded = environment.get("LD_PRELOAD");
        if (preloaded != null) {
            String others = Arrays.stream(preloaded.split("[: ]"))
                    .filter(library -> !library.isEmpty() && !library.contains("libjsig"))
                    .collect(Collectors.joining(":"));
            if (others.isEmpty()) {
                environment.remove("LD_PRELOAD");
            } else {
                environment.put("LD_PRELOAD", others);
            }
        }
    }

    private Thread read(String name, InputStream stream, boolean isAnswer) {
        Thread thread = new Thread(
                () -> {
                    try (BufferedReader reader =
                            new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                            if (isAnswer) {
                                lines.add(line + "\n");
                            } else if (!line.isBlank()) {
                                lastWords = line.strip();
                            }
                        }
                    } catch (IOException e) {
                        lastWords = String.valueOf(e.getMessage());
                    }
                    if (isAnswer) {
                        lines.add(END);
                    }
                },
                "clnorm-python-" + name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    @Override
    public void send(String line) throws IOException {
        in.write(line);
        in.newLine();
        in.flush();
    }

    @Override
    public String receive(long nanoseconds) throws IOException {
        try {
            String line = lines.poll(nanoseconds, TimeUnit.NANOSECONDS);
            timedOut = line == null;
            if (line == null || line.equals(END)) {
                return null;
            }
            return line.strip();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    @Override
    public String lastWords() {
        if (timedOut) {
            return "it did not answer in time";
        }
        try {
            // It has ended, but a child of it may keep the pipe open.
            errors.join(TimeUnit.SECONDS.toMillis(MOST_WAITING_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return lastWords.isEmpty() ? "it ended without a word" : lastWords;
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor(MOST_WAITING_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            in.close();
        } catch (IOException e) {
            // It has ended: the last request went nowhere.
            lastWords = String.valueOf(e.getMessage());
        }
        try {
            Files.deleteIfExists(script);
        } catch (IOException e) {
            lastWords = String.valueOf(e.getMessage());
        }
    }
}
