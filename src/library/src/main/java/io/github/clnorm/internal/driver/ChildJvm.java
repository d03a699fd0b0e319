package io.github.clnorm.internal.driver;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jocl.CL;

/**
 * A short-lived JVM that runs a class of this library, so that a driver which ends or blocks its process does not end or
 * block this one. What a driver prints there never reaches this process's standard output. Thread-safe: children may run
 * side by side.
 */
public final class ChildJvm {

    /** System property: seconds after which a child is killed. */
    public static final String LIMIT = "clnorm.drivers.timeout";

    private static final long DEFAULT_LIMIT_SECONDS = 20;
    // Drivers that emulate a GPU compile for half a minute.
    private static final Duration BUILDS = Duration.ofMinutes(1);
    // Set in children.
    private static final String MARK = "clnorm.drivers.child";
    private static final int KEPT_OUTPUT = 1 << 16;
    private static final Duration AFTER_KILL = Duration.ofSeconds(5);
    // Exit codes of a JVM or a shell for a process that a signal ended.
    private static final int SIGNALLED = 128;
    private static final int ORPHANED = 1;
    private static final String[] SIGNALS = {
        "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1",
        "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM"
    };
    // What a JVM prints of its own death: the signal, and the library that it came from.
    private static final Pattern FATAL_SIGNAL = Pattern.compile("(?m)^#\\s+(SIG[A-Z]+) \\(0x[0-9a-f]+\\) at pc=");
    private static final Pattern PROBLEMATIC_FRAME = Pattern.compile("(?m)^# C\\s+\\[([^\\]+]+)\\+0x");

    private static final System.Logger LOGGER = System.getLogger(ChildJvm.class.getName());
    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();
    // Set before the children are killed.
    private static volatile boolean ending;

    private ChildJvm() {}

    /**
     * How a child ended.
     *
     * @param code its exit code
     * @param timedOut whether it was killed at the end of its time
     * @param limit how long it was allowed to take
     * @param output the first 64 KiB of what it printed on standard output and standard error
     */
    public record Ending(int code, boolean timedOut, Duration limit, String output) {

        /**
         * Whether the child ended by itself without an error.
         *
         * @return true for exit code 0
         */
        public boolean isGood() {
            return code == 0 && !timedOut;
        }

        /**
         * What happened, as the end of a sentence about a driver.
         *
         * @return such as {@code crashed (SIGSEGV in libfoo.so)}
         */
        public String description() {
            if (timedOut) {
                return "did not answer within " + limit.toSeconds() + " s";
            }
            Matcher signal = FATAL_SIGNAL.matcher(output);
            if (signal.find()) {
                Matcher frame = PROBLEMATIC_FRAME.matcher(output);
                return "crashed (" + signal.group(1)
                        + (frame.find() ? " in " + DriverText.printable(frame.group(1)) : "") + ")";
            }
            int number = code - SIGNALLED;
            if (number > 0 && number < SIGNALS.length) {
                return number == 6
                        ? "aborted the process (SIGABRT)"
                        : "ended the process by signal " + number + " (" + SIGNALS[number] + ")";
            }
            return "ended the process with exit code " + code;
        }
    }

    /**
     * Whether this process is such a child.
     *
     * @return true in a child
     */
    static boolean isChild() {
        return Boolean.getBoolean(MARK);
    }

    /** Ends this process, which is a child, when its time is long over: the process that started it may have been killed. */
    public static void endInTime() {
        if (isChild()) {
            Thread thread = new Thread(
                    () -> {
                        LockSupport.parkNanos(limit().multipliedBy(2).toNanos());
                        Runtime.getRuntime().halt(ORPHANED);
                    },
                    "clnorm-child-end");
            thread.setDaemon(true);
            thread.start();
        }
    }

    /**
     * Whether children can be started: there is a Java launcher, and the library lies in files of its own.
     *
     * @return false in runtimes without {@code bin/java} and in programs packed into one nested archive
     */
    public static boolean isPossible() {
        return Files.isExecutable(java()) && classPath().isPresent();
    }

    /**
     * How long a child may take.
     *
     * @return the system property {@value #LIMIT}, or 20 s
     */
    static Duration limit() {
        Long seconds = Long.getLong(LIMIT);
        return Duration.ofSeconds(seconds == null || seconds <= 0 ? DEFAULT_LIMIT_SECONDS : seconds);
    }

    /** The limit for children that also build a kernel: the same property, or a minute. */
    static Duration limitOfBuilds() {
        return Long.getLong(LIMIT) == null ? BUILDS : limit();
    }

    /**
     * Runs a class and waits for its end. It is killed with its descendants when its time is over, when this thread is
     * interrupted, and when this process ends.
     *
     * @param main the class, with a main method
     * @param environment variables to set; those with an empty value are removed
     * @param limit how long it may take
     * @param arguments for the main method
     * @return how it ended
     * @throws IOException when it cannot be started
     * @throws IllegalStateException when this process is ending: then it killed the child, which says nothing of a driver
     */
    public static Ending run(Class<?> main, Map<String, String> environment, Duration limit, List<String> arguments)
            throws IOException {
        Process process = start(main, environment, limit, arguments);
        Output output = new Output(process.getInputStream());
        Thread reader = new Thread(output, "clnorm-driver-output");
        reader.setDaemon(true);
        reader.start();
        boolean ended = false;
        try {
            ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
            if (ended) {
                // A child of the child may hold the pipe open.
                reader.join(AFTER_KILL.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            kill(process);
            RUNNING.remove(process);
        }
        if (ending) {
            throw new IllegalStateException("interrupted while drivers were tested");
        }
        return new Ending(ended ? process.exitValue() : -1, !ended, limit, output.text());
    }

    private static Process start(Class<?> main, Map<String, String> environment, Duration limit, List<String> arguments)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command(main, limit, arguments)).redirectErrorStream(true);
        Map<String, String> variables = builder.environment();
        // Options for this JVM, such as a debugger's port, are not the child's.
        List.of("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS").forEach(variables::remove);
        preloadSignalChaining(variables);
        environment.forEach((name, value) -> {
            if (value.isEmpty()) {
                variables.remove(name);
            } else {
                variables.put(name, value);
            }
        });
        Hook.install();
        Process process = builder.start();
        RUNNING.add(process);
        if (ending) {
            process.destroyForcibly();
        }
        process.getOutputStream().close();
        return process;
    }

    private static List<String> command(Class<?> main, Duration limit, List<String> arguments) {
        List<String> command = new ArrayList<>();
        // A driver that aborts must not leave a memory image in the user's folder. Ctrl-C is sent to all processes of a
        // terminal: this one kills the child, or it would take the child's end for a driver's deed.
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
                "-D" + MARK + "=true",
                "-D" + LIMIT + "=" + limit.toSeconds()));
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        for (String property : List.of("java.library.path", "java.io.tmpdir", "user.home", "clnorm.cache")) {
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

    /** With the JVM's own library in front, drivers cannot replace its signal handlers, and JNA is not needed. */
    private static void preloadSignalChaining(Map<String, String> variables) {
        Path library = Path.of(System.getProperty("java.home", ""), "lib", "libjsig.so");
        String preloaded = variables.getOrDefault("LD_PRELOAD", "");
        // The linker separates names by colons and spaces.
        if (!preloaded.contains("libjsig") && !library.toString().matches(".*[: ].*") && Files.exists(library)) {
            variables.put("LD_PRELOAD", preloaded.isEmpty() ? library.toString() : library + ":" + preloaded);
        }
    }

    /** The files that the library, JOCL and JNA come from. */
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
                // A program without JNA preloads libjsig, as children do.
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

    private static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor(AFTER_KILL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Reads all that a child prints, so that it never blocks, and keeps the beginning. */
    private static final class Output implements Runnable {
        private final InputStream in;
        private final StringBuilder kept = new StringBuilder();

        Output(InputStream in) {
            this.in = in;
        }

        @Override
        public void run() {
            byte[] buffer = new byte[8192];
            try (in) {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    keep(new String(buffer, 0, n, StandardCharsets.UTF_8));
                }
            } catch (IOException e) {
                // The child was killed: what it printed before is kept.
                return;
            }
        }

        private synchronized void keep(String text) {
            if (kept.length() < KEPT_OUTPUT) {
                kept.append(text, 0, Math.min(text.length(), KEPT_OUTPUT - kept.length()));
            }
        }

        synchronized String text() {
            return kept.toString();
        }
    }

    /** Kills the children and removes their folders when this process ends. Registered with the first child. */
    private static final class Hook {
        static {
            try {
                Runtime.getRuntime().addShutdownHook(new Thread(Hook::end, "clnorm-kill-children"));
            } catch (IllegalStateException e) {
                LOGGER.log(System.Logger.Level.DEBUG, "this process is ending: children end with their time", e);
            }
        }

        private Hook() {}

        private static void end() {
            ending = true;
            for (Process process : RUNNING) {
                process.destroyForcibly();
            }
            ProbeFolder.removeAll();
        }

        static void install() {
            // The work is done when the class is initialized.
        }
    }
}
