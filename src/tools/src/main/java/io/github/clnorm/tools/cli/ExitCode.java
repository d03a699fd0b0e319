package io.github.clnorm.tools.cli;

/** What the command line tells the shell. */
final class ExitCode {
    /** Done. */
    static final int DONE = 0;
    /** A failure inside: the driver's, a result that could not be written, or a verification that did not pass. */
    static final int FAILURE = 1;
    /** The request is wrong: an option, a file, shapes that do not fit. */
    static final int WRONG_REQUEST = 2;
    /** No OpenCL device fits. */
    static final int NO_DEVICE = 3;

    private ExitCode() {}
}
