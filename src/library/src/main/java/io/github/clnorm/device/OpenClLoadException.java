package io.github.clnorm.device;

/**
 * OpenCL cannot be called from this process. The message names the part that failed, and the reason.
 *
 * <p>Immutable and thread-safe.
 */
public final class OpenClLoadException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** The part that failed. */
    public enum Kind {
        /** JOCL's classes are not on the class path. */
        JOCL_MISSING,
        /** {@code libOpenCL.so.1} is not installed. */
        LOADER_MISSING,
        /** The dynamic linker cannot load the OpenCL loader. */
        LOADER_UNUSABLE,
        /** JOCL has no native library for this operating system and processor. */
        NATIVE_PART_UNSUPPORTED,
        /** There is no folder to which JOCL's native library can be extracted. */
        NATIVE_PART_NOT_EXTRACTED,
        /** The native library in {@code java.library.path} could have been written by another user. */
        NATIVE_PART_UNTRUSTED,
        /** The dynamic linker cannot load JOCL's native library. */
        NATIVE_PART_UNUSABLE
    }

    /** The part that failed. */
    private final Kind kind;

    /** How to repair it. */
    private final String remedy;

    /**
     * Creates an exception.
     *
     * @param kind the part that failed
     * @param message the failure, without a full stop at the end
     * @param remedy a sentence
     * @param cause the exception that was thrown, or null
     */
    public OpenClLoadException(Kind kind, String message, String remedy, Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.remedy = remedy;
    }

    /**
     * Creates a copy for another attempt, with its own stack trace.
     *
     * @return a new exception with this one as its cause
     */
    public OpenClLoadException again() {
        return new OpenClLoadException(kind, getMessage(), remedy, this);
    }

    /**
     * Returns the part that failed.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * Returns how to repair it.
     *
     * @return a sentence
     */
    public String remedy() {
        return remedy;
    }
}
