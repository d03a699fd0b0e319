package io.github.clnorm.tools.terminal;

/** The exit codes of the command line. */
public final class ExitCode {
    /** Success. */
    public static final int DONE = 0;
    /** An internal failure: of the driver, of writing a result, or of a verification. */
    public static final int FAILURE = 1;
    /** The request is wrong: an option, a file, or shapes that do not match. */
    public static final int WRONG_REQUEST = 2;
    /** No OpenCL device fits. */
    public static final int NO_DEVICE = 3;

    private ExitCode() {}
}
