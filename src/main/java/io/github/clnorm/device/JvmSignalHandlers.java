package io.github.clnorm.device;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.File;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import java.util.logging.Logger;

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
 * <p>Not needed where the JVM's own library for this, {@code libjsig}, is preloaded, and on Windows, which has no such
 * handlers. Source: <a href="https://docs.oracle.com/en/java/javase/17/vm/signal-chaining.html">Signal chaining</a>.
 */
public final class JvmSignalHandlers {

    private static final Logger LOGGER = Logger.getLogger(JvmSignalHandlers.class.getName());

    // The standard signals are 1 to 31 everywhere.
    private static final int SIGNALS = 31;
    // A struct sigaction has 152 bytes in glibc, 140 or 152 in musl, 16 in macOS. It begins with the handler.
    private static final int BYTES = 256;
    // A Dl_info has 32 bytes.
    private static final int DL_INFO_BYTES = 64;
    private static final long NANOSECONDS = 50_000;

    private static final int GIVE_BACKS = 3;
    private static final int SIGSEGV = 11;
    // Of a handler that is none; SIG_DFL is 0.
    private static final long SIG_IGN = 1;

    private static final boolean AVAILABLE = isNeeded() && isPossible();

    // Several threads may build at the same time: what was there before the first of them is kept for all.
    private static JvmSignalHandlers current;
    private static int users;

    private final Memory kept = new Memory((SIGNALS + 1) * (long) BYTES);
    private final Memory found = new Memory(BYTES);
    private boolean done;

    /** The C library's. */
    private static final class C {

        static {
            Native.register(C.class, NativeLibrary.getProcess());
        }

        private C() {}

        static native int sigaction(int signal, Pointer action, Pointer before);

        static native int dladdr(Pointer address, Pointer information);
    }

    private JvmSignalHandlers() {
        for (int i = 0; i < GIVE_BACKS && !areInPlace(); i++) {
            giveBack();
        }
        for (int signal = 1; signal <= SIGNALS; signal++) {
            C.sigaction(signal, null, kept(signal));
        }
    }

    /**
     * Calls a driver that may compile.
     *
     * @param call the call
     * @return what it returns
     */
    public static int keptDuring(IntSupplier call) {
        if (!AVAILABLE) {
            return call.getAsInt();
        }
        JvmSignalHandlers handlers = begin();
        try {
            return call.getAsInt();
        } finally {
            end(handlers);
        }
    }

    /** Whether SIGSEGV is the JVM's now. */
    static boolean areInPlace() {
        try (Memory memory = new Memory(BYTES)) {
            return isOfJvm(SIGSEGV, memory);
        }
    }

    private static synchronized JvmSignalHandlers begin() {
        if (users == 0) {
            JvmSignalHandlers handlers = new JvmSignalHandlers();
            Thread watch = new Thread(handlers::watch, "clnorm-signal-handlers");
            watch.setDaemon(true);
            watch.start();
            current = handlers;
        }
        users++;
        return current;
    }

    private static synchronized void end(JvmSignalHandlers handlers) {
        handlers.restore(--users == 0);
    }

    /**
     * An application that asked a driver for something before has LLVM's handlers already. They give the JVM's back at a
     * signal such as this one: reading a field of nothing is an invalid access, which the JVM makes an exception of. LLVM
     * then puts them there once more, at the next compilation.
     */
    private static void giveBack() {
        JvmSignalHandlers nothing = null;
        try {
            if (nothing.done) {
                throw new IllegalStateException("nothing has a field");
            }
        } catch (NullPointerException e) {
            // The only way on.
        }
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

    private static boolean isPossible() {
        String why;
        try (Memory memory = new Memory(BYTES)) {
            if (C.sigaction(SIGSEGV, null, memory) == 0) {
                return true;
            }
            why = "sigaction failed";
        } catch (LinkageError e) {
            why = e.toString();
        }
        LOGGER.warning("a driver's compiler may replace the JVM's signal handlers, and so end a process with many "
                + "threads: start it with LD_PRELOAD=$JAVA_HOME/lib/libjsig.so (" + why + ")");
        return false;
    }

    private Pointer kept(int signal) {
        return kept.share(signal * (long) BYTES, BYTES);
    }

    private void watch() {
        do {
            LockSupport.parkNanos(NANOSECONDS);
        } while (look());
    }

    /** SIGSEGV is the one that matters, and a look at it costs a microsecond. Returns whether the watch goes on. */
    private synchronized boolean look() {
        if (done) {
            return false;
        }
        boolean same = C.sigaction(SIGSEGV, null, found) == 0
                && Objects.equals(found.getPointer(0), kept(SIGSEGV).getPointer(0));
        if (!same) {
            restore(false);
        }
        return true;
    }

    /** Puts back what is no longer there. */
    private synchronized void restore(boolean last) {
        done = last;
        for (int signal = 1; signal <= SIGNALS; signal++) {
            Pointer before = kept(signal);
            if (isOfJvm(before) && !isOfJvm(signal, found) && isTaken(signal)) {
                C.sigaction(signal, before, null);
            }
        }
    }

    /** Whether somebody's handler was found: an application may also want a signal to be ignored, but not SIGSEGV. */
    private boolean isTaken(int signal) {
        return signal == SIGSEGV || Pointer.nativeValue(found.getPointer(0)) > SIG_IGN;
    }

    /** Whether the handler of a signal is now the JVM's. Asks for it into some memory. */
    private static boolean isOfJvm(int signal, Pointer into) {
        return C.sigaction(signal, null, into) == 0 && isOfJvm(into);
    }

    /** Whether an action's handler lies in the JVM's library. */
    private static boolean isOfJvm(Pointer action) {
        Pointer handler = action.getPointer(0);
        // The first field of a Dl_info is the file's name.
        try (Memory information = new Memory(DL_INFO_BYTES)) {
            return handler != null
                    && C.dladdr(handler, information) != 0
                    && information.getPointer(0).getString(0).contains("libjvm.");
        }
    }
}
