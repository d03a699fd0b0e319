package io.github.clnorm.internal.driver;

import io.github.clnorm.device.Devices;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.device.OpenClLoadException;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A process that loads OpenCL like an application: without {@code java.library.path}, without drivers, and with the
 * test's cache folder and temporary folder. It prints the files that it has mapped.
 */
final class LoadingProcess {

    private final Path folder;
    private final List<String> options = new ArrayList<>();
    private final Map<String, String> environment = new TreeMap<>();
    private String classPath = System.getProperty("java.class.path");

    /** Exit code and output of a process, including its log. */
    record Result(int code, String out) {

        /** The mapped files of a library, including deleted ones. */
        List<String> mapped(String name) {
            return out.lines()
                    .filter(line -> line.startsWith("mapped ") && line.contains(name))
                    .distinct()
                    .toList();
        }

        long warnings() {
            return out.lines().filter(line -> line.startsWith("WARNING: ")).count();
        }
    }

    LoadingProcess(Path folder) throws IOException {
        this.folder = folder;
        Files.createDirectories(vendors());
        Files.createDirectories(temporary());
        environment.put("CLNORM_CACHE", cache().toString());
    }

    Path cache() {
        return folder.resolve("cache");
    }

    Path temporary() {
        return folder.resolve("tmp");
    }

    private Path vendors() {
        return folder.resolve("vendors");
    }

    LoadingProcess with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    LoadingProcess option(String option) {
        options.add(option);
        return this;
    }

    /** Removes jars from the class path. */
    LoadingProcess without(String jar) {
        classPath = Arrays.stream(classPath.split(":"))
                .filter(path -> !Path.of(path).getFileName().toString().startsWith(jar))
                .collect(Collectors.joining(":"));
        return this;
    }

    Process start(Path out, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "-Djava.io.tmpdir=" + temporary(),
                "-Djava.util.logging.SimpleFormatter.format=%4$s: %5$s%n"));
        if (Runtime.version().feature() >= 24) {
            // Otherwise the JVM's warning about native code looks like a log message.
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, Child.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
        builder.environment()
                .keySet()
                .removeAll(List.of(
                        "LD_PRELOAD", "LD_LIBRARY_PATH", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "XDG_CACHE_HOME"));
        builder.environment().put("OCL_ICD_VENDORS", vendors().toString());
        builder.environment().putAll(environment);
        return builder.start();
    }

    Result run(String... arguments) throws IOException, InterruptedException {
        Path out = folder.resolve("out.txt");
        int code = start(out, arguments).waitFor();
        return new Result(code, Files.readString(out));
    }

    /** The program: loads OpenCL several times, or once in each of several class loaders. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) throws Exception {
            int loaders = arguments.length == 2 ? Integer.parseInt(arguments[1]) : 0;
            int times = arguments.length == 1 ? Integer.parseInt(arguments[0]) : 1 - Integer.signum(loaders);
            String tmpdir = System.getProperty("java.io.tmpdir");
            if (Boolean.getBoolean("guarded")) {
                ExitGuard.prepare("a driver ended the process", 3);
            }
            List<URL> urls = new ArrayList<>();
            for (String path : System.getProperty("java.class.path").split(":")) {
                urls.add(Path.of(path).toUri().toURL());
            }
            for (int i = 0; i < loaders; i++) {
                // Stays open, because its classes still use their library.
                ClassLoader loader = new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
                Object platforms = loader.loadClass(Devices.class.getName())
                        .getMethod("platforms")
                        .invoke(null);
                System.out.println("platforms " + ((List<?>) platforms).size());
            }
            for (int i = 0; i < times; i++) {
                try {
                    System.out.println("platforms " + Devices.platforms().size());
                } catch (NoDeviceException e) {
                    String kind = e.getCause() instanceof OpenClLoadException load
                            ? load.kind().toString()
                            : "none";
                    System.out.println("failed " + kind + " " + e.getMessage());
                }
            }
            try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
                lines.filter(line -> line.contains("JOCL") || line.contains("jna"))
                        .filter(line -> line.contains("/"))
                        .forEach(line -> System.out.println("mapped " + line.substring(line.indexOf('/'))));
            }
            if (!tmpdir.equals(System.getProperty("java.io.tmpdir"))
                    || System.getProperty("jna.tmpdir") != null && !Boolean.getBoolean("named")) {
                System.out.println("failed: properties are not what they were");
            }
        }
    }
}
