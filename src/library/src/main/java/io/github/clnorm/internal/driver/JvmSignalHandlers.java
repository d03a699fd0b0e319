package io.github.clnorm.internal.driver;

import java.io.File;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntSupplier;

/**
 * Keeps the JVM's signal handlers while a driver compiles.
 *
 * <p>Compilers based on LLVM, such as PoCL's, replace the process's signal handlers when they open a file: when a
 * program is built, and when a driver that reads its cache is loaded. The JVM needs its SIGSEGV handler, because
 * threads stop for the garbage collector by reading a protected page. LLVM's handler restores the JVM's at the first
 * signal, but a second thread that stops before that ends the process. With PoCL 3.1 and four busy threads this happens
 * within a few compilations.
 *
 * <p>LLVM installs its handlers only if it believes that they are not installed. Therefore the JVM's handlers stay once
 * they are restored without LLVM's knowledge. While a driver works, a thread checks about every 0.1 ms. It restores
 * only handlers of the JVM, and only if a native handler has replaced them: handlers that an application sets through
 * Java stay.
 *
 * <p>JNA calls the C library. Without JNA, a logged warning names what is missing, and everything else works.
 *
 * <p>Not needed if the JVM's own library {@code libjsig} is preloaded, nor on Windows, which has no signal handlers of
 * this kind. Source: <a href="https://docs.oracle.com/en/java/javase/17/vm/signal-chaining.html">Signal chaining</a>.
 *
 * <p>Thread-safe.
 */
public final class JvmSignalHandlers {

    // Null if the handlers are kept, or need not be.
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
     * @return the result of the call
     */
    public static int keptDuring(IntSupplier call) {
        return ACTIVE ? SignalHandlerWatch.keptDuring(call) : call.getAsInt();
    }

    /**
     * Returns why the handlers cannot be kept.
     *
     * @return the reason; empty if they are kept, or need not be
     */
    public static Optional<String> problem() {
        return Optional.ofNullable(PROBLEM);
    }

    /** Whether the handler of SIGSEGV is the JVM's now. */
    static boolean areInPlace() {
        return SignalHandlerWatch.areInPlace();
    }

    private static boolean isNeeded() {
        String preloaded = System.getenv().getOrDefault("LD_PRELOAD", "");
        return !System.getProperty("os.name").startsWith("Windows")
                && Arrays.stream(preloaded.split("[: ]")).noneMatch(JvmSignalHandlers::isChaining);
    }

    /** A missing file was not preloaded. */
    private static boolean isChaining(String library) {
        return library.contains("libjsig") && new File(library).exists();
    }
}
