package io.github.clnorm.internal.driver;

import com.sun.jna.Callback;
import com.sun.jna.CallbackReference;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/**
 * Detects a driver that calls C's {@code exit} while it is loaded or opens its first device. Without this guard, the
 * process would silently exit with the driver's exit code, often 0, and Java's shutdown hooks would not run. An {@code
 * atexit} handler, registered while drivers load, prints a message and exits with another code. Calls of {@code _exit}
 * are not detected. Meanwhile, drivers' output is redirected to standard error.
 *
 * <p>For programs whose exit code must be reliable: they call {@link #prepare} when they start. Without JNA or the
 * functions of the C library it is a no-op. Thread-safe.
 */
public final class ExitGuard implements FirstLoad.Guard {

    private static final int STANDARD_ERROR = 2;

    // Loading JNA takes 0.1 s: a background thread does it, and only for unknown drivers.
    private static volatile CompletableFuture<Pointer> handler;
    private static volatile LoadedBefore loadedBefore;
    // Keeps the callback reachable, because the C library has its address.
    private static Handler kept;
    private static volatile boolean isLoading;
    // The next start guards drivers that print again, to keep standard output clean.
    private static volatile boolean havePrinted;

    private final Memory owner;
    private DriverOutput output;
    private final Thread hook = new Thread(this::disarm, "clnorm-exit-guard");

    private interface Handler extends Callback {
        void callback(Pointer argument);
    }

    /** Functions of the C library. */
    private static final class C {
        static {
            Native.register(C.class, NativeLibrary.getProcess());
        }

        private C() {}

        static native int __cxa_atexit(Pointer function, Pointer argument, Pointer owner);

        static native void __cxa_finalize(Pointer owner);

        static native long write(int file, Pointer bytes, long count);

        static native void _exit(int code);
    }

    private ExitGuard(Memory owner) {
        this.owner = owner;
    }

    /**
     * Prepares the guard in the background. Drivers that an earlier process loaded without harm are not guarded.
     *
     * @param message the line to print if a driver ends the process
     * @param code the exit code in this case
     */
    public static void prepare(String message, int code) {
        CompletableFuture<Pointer> ready = new CompletableFuture<>();
        handler = ready;
        FirstLoad.guardBy(ExitGuard::begin, StopSignals::begin);
        Thread thread =
                new Thread(() -> ready.complete(isKnown() ? null : handler(message, code)), "clnorm-exit-guard-start");
        thread.setDaemon(true);
        thread.start();
    }

    private static boolean isKnown() {
        try {
            LoadedBefore before = LoadedBefore.ofThisProcess();
            loadedBefore = before;
            return !Installation.hasIcdFiles() || before.isTrue();
        } catch (RuntimeException e) {
            return false;
        }
    }

    /** The handler's address; null if there can be none. */
    private static Pointer handler(String message, int code) {
        if (JnaStart.problem().isPresent()) {
            return null;
        }
        try {
            byte[] bytes = (message + "\n").getBytes(StandardCharsets.UTF_8);
            Memory text = new Memory(bytes.length);
            text.write(0, bytes, 0, bytes.length);
            kept = argument -> {
                if (isLoading) {
                    C.write(STANDARD_ERROR, text, bytes.length);
                    C._exit(code);
                }
            };
            // Resolves the functions now.
            C.__cxa_finalize(text);
            return CallbackReference.getFunctionPointer(kept);
        } catch (LinkageError | RuntimeException e) {
            System.getLogger(ExitGuard.class.getName()).log(System.Logger.Level.DEBUG, "no guard against exit", e);
            return null;
        }
    }

    /** Guards until it is closed. Blocks until the preparation is done. Without preparation it is a no-op. */
    static ExitGuard begin() {
        CompletableFuture<Pointer> prepared = handler;
        Pointer function = prepared == null ? null : prepared.join();
        if (function == null) {
            return new ExitGuard(null);
        }
        ExitGuard guard = new ExitGuard(new Memory(1));
        try {
            // A normal exit of the JVM, for example after SIGTERM, also calls exit, when Java code cannot run any more.
            Runtime.getRuntime().addShutdownHook(guard.hook);
        } catch (IllegalStateException e) {
            // The JVM is exiting.
            return new ExitGuard(null);
        }
        isLoading = true;
        C.__cxa_atexit(function, null, guard.owner);
        guard.output = DriverOutput.begin();
        return guard;
    }

    /**
     * Ends the process without the handlers that drivers register for its end: some abort while a driver's thread still
     * works. Neither shutdown hooks nor open files are completed.
     *
     * @param code the exit code
     */
    public static void exitNow(int code) {
        if (JnaStart.problem().isEmpty()) {
            try {
                C._exit(code);
            } catch (LinkageError e) {
                System.getLogger(ExitGuard.class.getName()).log(System.Logger.Level.DEBUG, "no _exit", e);
            }
        }
        Runtime.getRuntime().halt(code);
    }

    /** Removes the handler. The C library calls it once more, in this thread. */
    private synchronized void disarm() {
        if (isLoading) {
            isLoading = false;
            C.__cxa_finalize(owner);
        }
    }

    private void endOutput() {
        if (output != null && output.end()) {
            havePrinted = true;
        }
    }

    /** Remembers that these drivers need no guard, unless they printed. */
    @Override
    public void passed() {
        endOutput();
        LoadedBefore before = loadedBefore;
        if (owner != null && before != null && !havePrinted) {
            before.remember();
        }
    }

    /** Ends the guard. */
    @Override
    public void close() {
        if (owner == null) {
            return;
        }
        endOutput();
        disarm();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is exiting, and the hook has nothing left to do.
            return;
        }
    }
}
