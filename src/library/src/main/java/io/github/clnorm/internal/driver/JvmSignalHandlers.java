package io.github.clnorm.internal.driver;

import java.io.File;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntSupplier;

/**
 * Keeps the JVM's signal handlers while a driver compiles.
 *
 * <p>Compilers made of LLVM, such as PoCL's, put handlers of their own in place of everybody else's when they open a file:
 * when a program is built, and when a driver is loaded that looks at its cache. The JVM needs SIGSEGV for its own work:
 * threads stop for the garbage collector by reading a page that they must not. LLVM's handler gives the JVM's back at the
 * first signal, but until it has done so a second thread that stops too ends the process. With PoCL 3.1 and four busy
 * threads that takes a few compilations.
 *
 * <p>LLVM puts its handlers in place only where it thinks that they are not there. So the JVM's, put back without its
 * knowledge, stay: a thread looks for a change about every tenth of a millisecond as long as a driver is at work. Only
 * handlers of the JVM are put back, and only where somebody else's stand: what an application sets meanwhile through Java
 * stays.
 *
 * <p>JNA reaches the C library for it. Without JNA a warning in the log says what is missing, and everything else works.
 *
 * <p>Not needed where the JVM's own library for this, {@code libjsig}, is preloaded, and on Windows, which has no such
 * handlers. Source: <a href="https://docs.oracle.com/en/java/javase/17/vm/signal-chaining.html">Signal chaining</a>.
 *
 * <p>Thread-safe.
 */
public final class JvmSignalHandlers {

    // Null when the handlers are kept, or need not be.
    private static final String PROBLEM = isNeeded() ? JnaStart.problem().orElse(null) : null;
    private static final boolean ACTIVE = isNeeded() && PROBLEM == null;

    static {
        if (PROBLEM != null) {
            System.getLogger(JvmSignalHandlers.class.getName())
                    .log(
                            Level.WARNING,
                            "a driver''s compiler may replace the JVM''s signal handlers, and so end a process "
                                    + "with many threads: start it with LD_PRELOAD=$JAVA_HOME/lib/libjsig.so ({0})",
                            PROBLEM);
        }
    }

    private JvmSignalHandlers() {}

    /**
     * Calls a driver that may compile.
     *
     * @param call the call
     * @return what it returns
     */
    public static int keptDuring(IntSupplier call) {
        return ACTIVE ? SignalHandlerWatch.keptDuring(call) : call.getAsInt();
    }

    /**
     * Why the handlers cannot be kept.
     *
     * @return the reason; empty when they are kept, or need not be
     */
    public static Optional<String> problem() {
        return Optional.ofNullable(PROBLEM);
    }

    /** Whether SIGSEGV is the JVM's now. */
    static boolean areInPlace() {
        return SignalHandlerWatch.areInPlace();
    }

    private static boolean isNeeded() {
        String preloaded = System.getenv().getOrDefault("LD_PRELOAD", "");
        return !System.getProperty("os.name").startsWith("Windows")
                && Arrays.stream(preloaded.split("[: ]")).noneMatch(JvmSignalHandlers::isChaining);
    }

    /** What is not there was not loaded either. */
    private static boolean isChaining(String library) {
        return library.contains("libjsig") && new File(library).exists();
    }
}
