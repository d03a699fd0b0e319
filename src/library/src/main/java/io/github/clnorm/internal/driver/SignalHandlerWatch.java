package io.github.clnorm.internal.driver;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;

/** The thread that restores the JVM's signal handlers, through JNA; see {@link JvmSignalHandlers}. */
final class SignalHandlerWatch {

    // The standard signals are 1 to 31 on all systems.
    private static final int SIGNALS = 31;
    // struct sigaction has 152 bytes in glibc, 140 or 152 in musl, 16 in macOS, and begins with the handler.
    private static final int BYTES = 256;
    // Dl_info has 32 bytes.
    private static final int DL_INFO_BYTES = 64;
    private static final long NANOSECONDS = 50_000;

    private static final int MAX_FAULTS = 3;
    private static final int SIGSEGV = 11;
    // Larger values are addresses of handlers; SIG_DFL is 0.
    private static final long SIG_IGN = 1;

    // Several threads may build at the same time: the handlers before the first of them are kept for all.
    private static SignalHandlerWatch current;
    private static int users;

    private final Memory kept = new Memory((SIGNALS + 1) * (long) BYTES);
    private final Memory found = new Memory(BYTES);
    private boolean done;

    /** Functions of the C library. */
    private static final class C {

        static {
            Native.register(C.class, NativeLibrary.getProcess());
        }

        private C() {}

        static native int sigaction(int signal, Pointer action, Pointer before);

        static native int dladdr(Pointer address, Pointer information);
    }

    /** Checks JNA. A separate class, because the outer one cannot be linked without JNA. */
    static final class Start {
        private Start() {}

        /** Returns why JNA cannot be used; null if it can. */
        static String problem() {
            try {
                return isPossible() ? null : "sigaction failed";
            } catch (VirtualMachineError e) {
                throw e;
            } catch (Error e) {
                // For a native library of another version, JNA throws an Error.
                String reason = String.valueOf(e.getMessage())
                        .strip()
                        .lines()
                        .findFirst()
                        .orElse("");
                return e instanceof NoClassDefFoundError && reason.startsWith("com/sun/jna/")
                        ? "JNA is not on the class path: add net.java.dev.jna:jna"
                        : "JNA cannot be loaded: " + reason;
            }
        }
    }

    private static boolean isPossible() {
        try (Memory memory = new Memory(BYTES)) {
            return C.sigaction(SIGSEGV, null, memory) == 0;
        }
    }

    private SignalHandlerWatch() {
        for (int i = 0; i < MAX_FAULTS && !areInPlace(); i++) {
            provokeFault();
        }
        for (int signal = 1; signal <= SIGNALS; signal++) {
            C.sigaction(signal, null, kept(signal));
        }
    }

    /** Calls a driver that may compile, and returns its result. */
    static int keptDuring(IntSupplier call) {
        SignalHandlerWatch handlers = begin();
        try {
            return call.getAsInt();
        } finally {
            end(handlers);
        }
    }

    /** Whether the handler of SIGSEGV is the JVM's now. */
    static boolean areInPlace() {
        try (Memory memory = new Memory(BYTES)) {
            return isOfJvm(SIGSEGV, memory);
        }
    }

    private static synchronized SignalHandlerWatch begin() {
        if (users == 0) {
            SignalHandlerWatch handlers = new SignalHandlerWatch();
            Thread watch = new Thread(handlers::watch, "clnorm-signal-handlers");
            watch.setDaemon(true);
            watch.start();
            current = handlers;
        }
        users++;
        return current;
    }

    private static synchronized void end(SignalHandlerWatch handlers) {
        handlers.restore(--users == 0);
    }

    /**
     * Provokes a SIGSEGV by reading a field of null, which the JVM turns into an exception. If the application has
     * called a driver before, LLVM's handlers are installed already; this signal makes them restore the JVM's. LLVM
     * then installs its own again at the next compilation.
     */
    private static void provokeFault() {
        SignalHandlerWatch nothing = null;
        try {
            if (nothing.done) {
                throw new IllegalStateException("nothing has a field");
            }
        } catch (NullPointerException e) {
            // Always thrown.
        }
    }

    private Pointer kept(int signal) {
        return kept.share(signal * (long) BYTES, BYTES);
    }

    private void watch() {
        do {
            LockSupport.parkNanos(NANOSECONDS);
        } while (look());
    }

    /** Checks SIGSEGV, the important signal, which costs 1 µs. Returns whether to continue. */
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

    /** Restores the handlers that were replaced. */
    private synchronized void restore(boolean last) {
        done = last;
        for (int signal = 1; signal <= SIGNALS; signal++) {
            Pointer before = kept(signal);
            if (isOfJvm(before) && !isOfJvm(signal, found) && isTaken(signal)) {
                C.sigaction(signal, before, null);
            }
        }
    }

    /** Whether the handler found is a native one. An application may ignore a signal, but not SIGSEGV. */
    private boolean isTaken(int signal) {
        return signal == SIGSEGV || Pointer.nativeValue(found.getPointer(0)) > SIG_IGN;
    }

    /** Whether the handler of a signal is the JVM's now. Reads it into the memory. */
    private static boolean isOfJvm(int signal, Pointer into) {
        return C.sigaction(signal, null, into) == 0 && isOfJvm(into);
    }

    /** Whether an action's handler is in the JVM's library. */
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
