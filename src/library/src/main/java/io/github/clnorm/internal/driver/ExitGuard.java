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
 * Notices when a driver calls C's {@code exit} while it is loaded or opens its first device. Java's shutdown hooks do not run then, and the process
 * would end with the driver's exit code, often 0, without a word. What drivers print meanwhile goes to standard error. A handler of the C library, registered for the time of
 * loading, ends it with a message and another code. Calls of {@code _exit} are not noticed.
 *
 * <p>For programs whose exit code says whether they did their work: they call {@link #prepare} when they start. Thread-safe.
 * Does nothing where JNA or the C library's functions are missing.
 */
public final class ExitGuard implements FirstLoad.Guard {

    private static final int STANDARD_ERROR = 2;

    // JNA takes a tenth of a second to load: it does so beside other work, and only for drivers that are not known.
    private static volatile CompletableFuture<Pointer> handler;
    private static volatile LoadedBefore loadedBefore;
    // The C library keeps the function's address: it must not be reclaimed.
    private static Handler kept;
    private static volatile boolean isLoading;
    // Drivers that print are guarded again by the next start: results must stay clean.
    private static volatile boolean havePrinted;

    private final Memory owner;
    private DriverOutput output;
    private final Thread hook = new Thread(this::disarm, "clnorm-exit-guard");

    private interface Handler extends Callback {
        void callback(Pointer argument);
    }

    /** The C library's. */
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
     * Gets ready in the background. Nothing will be guarded where the same drivers were loaded before without harm.
     *
     * @param message what to print when a driver ends the process; one line
     * @param code the exit code to end with
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

    /** The handler's address; null where there can be none. */
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
            // Resolves the functions.
            C.__cxa_finalize(text);
            return CallbackReference.getFunctionPointer(kept);
        } catch (LinkageError | RuntimeException e) {
            System.getLogger(ExitGuard.class.getName()).log(System.Logger.Level.DEBUG, "no guard against exit", e);
            return null;
        }
    }

    /** Guards until it is closed. Waits until the preparation is done; guards nothing where there was none. */
    static ExitGuard begin() {
        CompletableFuture<Pointer> prepared = handler;
        Pointer function = prepared == null ? null : prepared.join();
        if (function == null) {
            return new ExitGuard(null);
        }
        ExitGuard guard = new ExitGuard(new Memory(1));
        try {
            // An orderly end of the JVM, such as after SIGTERM, calls exit too, when Java code can no longer run.
            Runtime.getRuntime().addShutdownHook(guard.hook);
        } catch (IllegalStateException e) {
            // It has begun to end.
            return new ExitGuard(null);
        }
        isLoading = true;
        C.__cxa_atexit(function, null, guard.owner);
        guard.output = DriverOutput.begin();
        return guard;
    }

    /** The C library calls the handler a last time, in this thread, and forgets it. */
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

    /** The same drivers are not guarded again, unless they printed. */
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
            // The process is ending: the hook has nothing left to do.
            return;
        }
    }
}
