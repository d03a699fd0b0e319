package io.github.clnorm.tensorfile;

/**
 * A file cannot be read as a tensor, or a tensor cannot be written to it. The message is one line with the file's name
 * as the caller gave it, the problem, and what was expected.
 *
 * <p>Immutable and thread-safe.
 */
public final class TensorFileException extends IllegalArgumentException {

    /** The message without the file. */
    private final String problem;

    TensorFileException(Object file, String problem) {
        this(file, problem, null);
    }

    TensorFileException(Object file, String problem, Throwable cause) {
        super(Text.oneLine(file + ": " + problem), cause);
        this.problem = problem;
    }

    String problem() {
        return problem;
    }
}
