package io.github.clnorm.internal.driver;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;

/**
 * Keeps drivers from printing to standard output, which is reserved for results. Between {@link #begin()} and {@link
 * #end()} the process's standard output is a temporary file, which is then copied to standard error. This also affects
 * output of other threads. Thread-safe.
 */
final class DriverOutput {

    private static final int STANDARD_OUTPUT = 1;
    private static final int STANDARD_ERROR = 2;
    private static final int SEEK_END = 2;
    private static final int MAX_BYTES = 1 << 16;

    private final int real;
    private final Pointer file;
    private boolean over;
    private long printed;

    /** Functions of the C library. */
    private static final class C {
        static {
            Native.register(C.class, NativeLibrary.getProcess());
        }

        private C() {}

        static native int dup(int file);

        static native int dup2(int file, int as);

        static native int close(int file);

        static native Pointer tmpfile();

        static native int fileno(Pointer file);

        static native int fclose(Pointer file);

        static native int fflush(Pointer file);

        static native long lseek(int file, long offset, int from);

        static native long pread(int file, Pointer to, long count, long offset);

        static native long write(int file, Pointer from, long count);
    }

    private DriverOutput(int real, Pointer file) {
        this.real = real;
        this.file = file;
    }

    /** Redirects standard output; returns null if that is impossible, for example because standard output is closed. */
    static DriverOutput begin() {
        try {
            int real = C.dup(STANDARD_OUTPUT);
            if (real < 0) {
                return null;
            }
            Pointer file = C.tmpfile();
            if (file == null || C.dup2(C.fileno(file), STANDARD_OUTPUT) < 0) {
                C.close(real);
                return null;
            }
            return new DriverOutput(real, file);
        } catch (LinkageError e) {
            System.getLogger(DriverOutput.class.getName()).log(System.Logger.Level.DEBUG, "drivers may print", e);
            return null;
        }
    }

    /**
     * Restores standard output. A second call is a no-op.
     *
     * @return whether anything was printed
     */
    synchronized boolean end() {
        if (!over) {
            over = true;
            // Flushes the buffers of the C library.
            C.fflush(null);
            C.dup2(real, STANDARD_OUTPUT);
            C.close(real);
            int number = C.fileno(file);
            printed = C.lseek(number, 0, SEEK_END);
            if (printed > 0) {
                copy(number, Math.min(printed, MAX_BYTES));
            }
            C.fclose(file);
        }
        return printed > 0;
    }

    private static void copy(int number, long bytes) {
        try (Memory text = new Memory(bytes)) {
            long read = C.pread(number, text, bytes, 0);
            if (read > 0) {
                C.write(STANDARD_ERROR, text, read);
            }
        }
    }
}
