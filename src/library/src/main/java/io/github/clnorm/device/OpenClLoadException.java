package io.github.clnorm.device;

/**
 * OpenCL cannot be called from this process. The message says which part is at fault and why.
 *
 * <p>Immutable and thread-safe.
 */
public final class OpenClLoadException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** What is at fault. */
    public enum Kind {
        /** JOCL's classes are not on the class path. */
        JOCL_MISSING,
        /** {@code libOpenCL.so.1} is not on this machine. */
        LOADER_MISSING,
        /** The OpenCL loader is there, and the dynamic linker refuses it. */
        LOADER_UNUSABLE,
        /** JOCL has no native part for this operating system and processor. */
        NATIVE_PART_UNSUPPORTED,
        /** There is no place to take JOCL's native part out to. */
        NATIVE_PART_NOT_EXTRACTED,
        /** {@code java.library.path} has a native part that another user could have written. */
        NATIVE_PART_UNTRUSTED,
        /** The dynamic linker refuses JOCL's native part. */
        NATIVE_PART_UNUSABLE
    }

    /** What is at fault. */
    private final Kind kind;

    /** What to do about it. */
    private final String remedy;

    /**
     * A failure.
     *
     * @param kind what is at fault
     * @param message what happened, without a full stop at its end
     * @param remedy a sentence
     * @param cause what was thrown, or null
     */
    public OpenClLoadException(Kind kind, String message, String remedy, Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.remedy = remedy;
    }

    /**
     * The same failure for a second attempt, with a stack trace of its own.
     *
     * @return a new exception with this one as its cause
     */
    public OpenClLoadException again() {
        return new OpenClLoadException(kind, getMessage(), remedy, this);
    }

    /**
     * What is at fault.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * What to do about it.
     *
     * @return a sentence
     */
    public String remedy() {
        return remedy;
    }
}
