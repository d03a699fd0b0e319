package io.github.clnorm.internal.driver;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;

/**
 * Keeps what drivers print off standard output, which belongs to results: from the beginning to the end, the process's
 * standard output is a temporary file, whose text then goes to standard error. What other threads print meanwhile goes
 * there, too. Thread-safe.
 */
final class DriverOutput {

    private static final int STANDARD_OUTPUT = 1;
    private static final int STANDARD_ERROR = 2;
    private static final int SEEK_END = 2;
    private static final int MOST_BYTES = 1 << 16;

    private final int real;
    private final Pointer file;
    private boolean over;
    private long printed;

    /** The C library's. */
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

    /** From now on; null where that is not possible, as with a closed standard output. */
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
     * Ends it. A second call does nothing.
     *
     * @return whether anything was printed
     */
    synchronized boolean end() {
        if (!over) {
            over = true;
            // What the C library holds back until the process ends.
            C.fflush(null);
            C.dup2(real, STANDARD_OUTPUT);
            C.close(real);
            int number = C.fileno(file);
            printed = C.lseek(number, 0, SEEK_END);
            if (printed > 0) {
                copy(number, Math.min(printed, MOST_BYTES));
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
