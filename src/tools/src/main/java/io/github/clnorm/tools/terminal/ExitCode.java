package io.github.clnorm.tools.terminal;

/** What the command line tells the shell. */
public final class ExitCode {
    /** Done. */
    public static final int DONE = 0;
    /** A failure inside: the driver's, a result that could not be written, or a verification that did not pass. */
    public static final int FAILURE = 1;
    /** The request is wrong: an option, a file, shapes that do not fit. */
    public static final int WRONG_REQUEST = 2;
    /** No OpenCL device fits. */
    public static final int NO_DEVICE = 3;

    private ExitCode() {}
}
