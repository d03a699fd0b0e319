package io.github.clnorm.tools.testing;

import io.github.clnorm.device.DeviceSelector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The command line in its own process: the OpenCL loader reads its environment once, and drivers may end the process.
 * It has its own working folder and cache.
 */
public final class CommandProcess {

    // A shell starts its background jobs, and nohup starts all commands, with some signals ignored. Child processes
    // inherit that, and tests send these signals. Empty where env does not know the option.
    private static final List<String> DEFAULT_SIGNALS = defaultSignals();

    private final Path folder;
    private final Map<String, String> environment = new HashMap<>();
    private final List<String> options = new ArrayList<>();

    public String out;
    public String err;

    /**
     * Prepares a process in a folder.
     *
     * @param folder gets the folders {@code work} and {@code cache}, and the streams
     * @param vendors where the loader finds ICD files
     */
    public CommandProcess(Path folder, Path vendors) throws IOException {
        this.folder = folder;
        Files.createDirectories(work());
        environment.put("OCL_ICD_VENDORS", vendors.toString());
        environment.put("CLNORM_CACHE", cache().toString());
        environment.put("RUSTICL_ENABLE", "none");
    }

    private static List<String> defaultSignals() {
        List<String> reset = List.of("env", "--default-signal=HUP,INT,TERM");
        try {
            List<String> tried =
                    Stream.concat(reset.stream(), Stream.of("true")).toList();
            Process process = new ProcessBuilder(tried)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor() == 0 ? reset : List.of();
        } catch (IOException e) {
            return List.of();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public Path work() {
        return folder.resolve("work");
    }

    public Path cache() {
        return folder.resolve("cache");
    }

    public void set(String variable, String value) {
        environment.put(variable, value);
    }

    public void option(String option) {
        options.add(option);
    }

    public int execute(Object... arguments) throws IOException, InterruptedException {
        return executeClass("io.github.clnorm.tools.Main", arguments);
    }

    /** Another class with a main method. */
    public int executeClass(String main, Object... arguments) throws IOException, InterruptedException {
        Path outFile = folder.resolve("out.txt");
        Path errFile = folder.resolve("err.txt");
        int code = startClass(main, outFile, errFile, arguments).waitFor();
        out = Files.readString(outFile);
        err = Files.readString(errFile);
        return code;
    }

    public Process start(Path outFile, Path errFile, Object... arguments) throws IOException {
        return startClass("io.github.clnorm.tools.Main", outFile, errFile, arguments);
    }

    private Process startClass(String main, Path outFile, Path errFile, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>(DEFAULT_SIGNALS);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-XX:ErrorFile=/dev/null",
                "-XX:-CreateCoredumpOnCrash",
                // As the launchers pass it.
                "-XX:+SuppressFatalErrorMessage",
                "-Djava.library.path=" + System.getProperty("java.library.path"),
                "-cp",
                System.getProperty("java.class.path")));
        command.addAll(options);
        command.add(main);
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(work().toFile())
                .redirectOutput(outFile.toFile())
                .redirectError(errFile.toFile());
        builder.environment().remove(DeviceSelector.ENVIRONMENT);
        builder.environment().putAll(environment);
        // With either of these the JVM greets on standard error.
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().remove("_JAVA_OPTIONS");
        return builder.start();
    }
}
