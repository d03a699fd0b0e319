package io.github.clnorm.internal.driver;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs a class of this library in a child JVM, so that a driver that ends or blocks its process does not affect this
 * one. A child's output never reaches this process's standard output. Thread-safe: several children may run at the same
 * time.
 */
public final class ChildJvm {

    /** System property: seconds after which a child is killed. */
    public static final String LIMIT = "clnorm.drivers.timeout";

    private static final long DEFAULT_LIMIT_SECONDS = 20;
    // Drivers that emulate a GPU need half a minute to compile.
    private static final Duration BUILDS = Duration.ofMinutes(1);
    /** System property: true in children. */
    static final String MARK = "clnorm.drivers.child";

    private static final Duration AFTER_KILL = Duration.ofSeconds(5);
    // Exit codes of a JVM or a shell for a process that a signal ended.
    private static final int SIGNALLED = 128;
    private static final int ORPHANED = 1;
    private static final String[] SIGNALS = {
        "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1",
        "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM"
    };
    // The signal and the library in the report that a crashing JVM prints.
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
     * @param timedOut whether it was killed because its time was over
     * @param limit how long it was allowed to take
     * @param output the first 64 KiB of its standard output and standard error
     */
    public record Ending(int code, boolean timedOut, Duration limit, String output) {

        /**
         * Returns whether the child exited without an error.
         *
         * @return true for exit code 0
         */
        public boolean isGood() {
            return code == 0 && !timedOut;
        }

        /**
         * Describes the end, as the predicate of a sentence about a driver.
         *
         * @return for example {@code crashed (SIGSEGV in libfoo.so)}
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
     * Returns whether this process is a child.
     *
     * @return true in a child
     */
    static boolean isChild() {
        return Boolean.getBoolean(MARK);
    }

    /**
     * In a child: exits after twice the time limit, because the parent that should kill it may be dead. Elsewhere a
     * no-op.
     */
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
     * Returns whether children can be started.
     *
     * @return false in runtimes without {@code bin/java} and in programs packed into a nested archive
     */
    public static boolean isPossible() {
        return ChildCommand.isPossible();
    }

    /**
     * Returns the time limit of a child.
     *
     * @return the system property {@value #LIMIT}, or 20 s
     */
    static Duration limit() {
        Long seconds = Long.getLong(LIMIT);
        return Duration.ofSeconds(seconds == null || seconds <= 0 ? DEFAULT_LIMIT_SECONDS : seconds);
    }

    /** The time limit of a child that builds a kernel: the same property, or one minute. */
    static Duration limitOfBuilds() {
        return Long.getLong(LIMIT) == null ? BUILDS : limit();
    }

    /**
     * Runs a class and blocks until it exits. The child and its descendants are killed when the time is over, when this
     * thread is interrupted, and when this process exits.
     *
     * @param main the class, with a main method
     * @param environment variables to set; a variable with an empty value is removed
     * @param limit the time limit
     * @param arguments for the main method
     * @return how it ended
     * @throws IOException if it cannot be started
     * @throws IllegalStateException if this process is exiting and has killed the child
     */
    public static Ending run(Class<?> main, Map<String, String> environment, Duration limit, List<String> arguments)
            throws IOException {
        Process process = start(main, environment, limit, arguments);
        ChildOutput output = new ChildOutput(process.getInputStream());
        Thread reader = new Thread(output, "clnorm-driver-output");
        reader.setDaemon(true);
        reader.start();
        boolean ended = false;
        try {
            ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
            if (ended) {
                // A grandchild may keep the pipe open.
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
        ProcessBuilder builder = new ProcessBuilder(ChildCommand.of(main, limit, arguments)).redirectErrorStream(true);
        ChildCommand.change(builder.environment(), environment);
        Hook.install();
        Process process = builder.start();
        RUNNING.add(process);
        if (ending) {
            process.destroyForcibly();
        }
        process.getOutputStream().close();
        return process;
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

    /** Kills the children and removes their folders when this process exits. Registered with the first child. */
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
            // Initializing this class has registered the hook.
        }
    }
}
