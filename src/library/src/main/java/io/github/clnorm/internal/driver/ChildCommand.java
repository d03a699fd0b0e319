package io.github.clnorm.internal.driver;

import java.net.URISyntaxException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jocl.CL;

/** Command line and environment of a {@link ChildJvm}. Thread-safe. */
final class ChildCommand {

    // Properties of this process that a child needs, too.
    private static final List<String> PASSED_ON = List.of(
            "java.library.path",
            "java.io.tmpdir",
            "user.home",
            "clnorm.cache",
            "clnorm.hugePages",
            PoclCompanion.PROPERTY);

    private ChildCommand() {}

    /** Whether there is a Java launcher, and a class path of files. */
    static boolean isPossible() {
        return Files.isExecutable(java()) && classPath().isPresent();
    }

    /** Changes the variables that a child inherits. Those with an empty value are removed. */
    static void change(Map<String, String> variables, Map<String, String> changes) {
        // Options for this JVM, such as a debugger's port, are not for the child.
        List.of("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS").forEach(variables::remove);
        preloadSignalChaining(variables);
        changes.forEach((name, value) -> {
            if (value.isEmpty()) {
                variables.remove(name);
            } else {
                variables.put(name, value);
            }
        });
    }

    /** The command that runs a class. */
    static List<String> of(Class<?> main, Duration limit, List<String> arguments) {
        List<String> command = new ArrayList<>();
        // An aborting driver must not leave a core dump in the user's folder. A terminal sends Ctrl-C to all its
        // processes: the
        // child ignores it, because otherwise this process would blame the driver. This process kills the child.
        if (Files.isExecutable(Path.of("/bin/sh"))) {
            command.addAll(List.of("/bin/sh", "-c", "trap '' INT TERM HUP; ulimit -c 0; exec \"$@\"", "sh"));
        }
        command.addAll(List.of(
                java().toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xms8m",
                "-Xmx128m",
                "-XX:-UsePerfData",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + (isWindows() ? "NUL" : "/dev/null"),
                "-D" + ChildJvm.MARK + "=true",
                "-D" + ChildJvm.LIMIT + "=" + limit.toSeconds()));
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        for (String property : PASSED_ON) {
            String value = System.getProperty(property);
            if (value != null) {
                command.add("-D" + property + "=" + value);
            }
        }
        System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith("jna.") || name.equals("uniqueLibraryNames"))
                .forEach(name -> command.add("-D" + name + "=" + System.getProperty(name)));
        command.addAll(List.of("-cp", classPath().orElseThrow(), main.getName()));
        command.addAll(arguments);
        return command;
    }

    private static Path java() {
        return Path.of(System.getProperty("java.home", ""), "bin", isWindows() ? "java.exe" : "java");
    }

    private static boolean isWindows() {
        return System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows");
    }

    /** Preloads libjsig, so that drivers cannot replace the JVM's signal handlers, and JNA is not needed. */
    private static void preloadSignalChaining(Map<String, String> variables) {
        Path library = Path.of(System.getProperty("java.home", ""), "lib", "libjsig.so");
        String preloaded = variables.getOrDefault("LD_PRELOAD", "");
        // The linker splits names at colons and spaces.
        if (!preloaded.contains("libjsig") && !library.toString().matches(".*[: ].*") && Files.exists(library)) {
            variables.put("LD_PRELOAD", preloaded.isEmpty() ? library.toString() : library + ":" + preloaded);
        }
    }

    /** The class path with this library, JOCL and JNA; empty if they are not in separate files. */
    private static Optional<String> classPath() {
        Set<String> files = new LinkedHashSet<>();
        try {
            files.add(file(ChildJvm.class.getProtectionDomain().getCodeSource()));
            files.add(file(CL.class.getProtectionDomain().getCodeSource()));
            try {
                files.add(file(Class.forName("com.sun.jna.Pointer", false, ChildJvm.class.getClassLoader())
                        .getProtectionDomain()
                        .getCodeSource()));
            } catch (ClassNotFoundException e) {
                // Without JNA: children preload libjsig anyway.
                return Optional.of(String.join(System.getProperty("path.separator"), files));
            }
            return Optional.of(String.join(System.getProperty("path.separator"), files));
        } catch (URISyntaxException
                | IllegalArgumentException
                | FileSystemNotFoundException
                | SecurityException
                | LinkageError
                | NullPointerException e) {
            return Optional.empty();
        }
    }

    private static String file(CodeSource source) throws URISyntaxException {
        Path path = Path.of(source.getLocation().toURI());
        if (!Files.exists(path)) {
            throw new IllegalArgumentException(path + " is not a file");
        }
        return path.toString();
    }
}
