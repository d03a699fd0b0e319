package io.github.clnorm.device;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
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
 * knowledge, stay: a thread looks for a change every half a millisecond as long as a driver is at work.
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
    private static final long NANOSECONDS = 500_000;

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
    }

    private JvmSignalHandlers() {
        giveBack();
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

    private static synchronized JvmSignalHandlers begin() {
        if (users++ == 0) {
            current = new JvmSignalHandlers();
            Thread watch = new Thread(current::watch, "clnorm-signal-handlers");
            watch.setDaemon(true);
            watch.start();
        }
        return current;
    }

    private static synchronized void end(JvmSignalHandlers handlers) {
        handlers.restore(--users == 0);
    }

    /**
     * An application that asked a driver for something before has LLVM's handlers already. They give the JVM's back at a
     * signal such as this one, which the JVM makes a NullPointerException.
     */
    private static void giveBack() {
        Object nothing = null;
        try {
            nothing.hashCode();
        } catch (NullPointerException e) {
            // The only way on.
        }
    }

    private static boolean isNeeded() {
        String preloaded = System.getenv("LD_PRELOAD");
        return !System.getProperty("os.name").startsWith("Windows")
                && (preloaded == null || !preloaded.contains("libjsig"));
    }

    private static boolean isPossible() {
        String why;
        try (Memory memory = new Memory(BYTES)) {
            if (C.sigaction(SIGNALS, null, memory) == 0) {
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
        } while (restore(false));
    }

    /** Puts back what is no longer there, unless that is over. Returns whether it goes on. */
    private synchronized boolean restore(boolean last) {
        if (done) {
            return false;
        }
        done = last;
        for (int signal = 1; signal <= SIGNALS; signal++) {
            Pointer before = kept(signal);
            boolean known = C.sigaction(signal, null, found) == 0;
            if (known && !Objects.equals(found.getPointer(0), before.getPointer(0))) {
                C.sigaction(signal, before, null);
            }
        }
        return !last;
    }
}
