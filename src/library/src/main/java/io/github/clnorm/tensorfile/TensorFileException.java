package io.github.clnorm.tensorfile;

/**
 * A file that cannot be read as a tensor, or cannot hold one. The message is one line that names the file as it was
 * given, what it holds and what was expected.
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
