package io.github.clnorm.tensorfile;

import java.nio.file.Path;

/** A file that cannot be read as a tensor. The message names the file, what it holds and what was expected. */
public final class TensorFileException extends IllegalArgumentException {

    TensorFileException(Path file, String problem) {
        super(file + ": " + problem);
    }

    TensorFileException(Path file, String problem, Throwable cause) {
        super(file + ": " + problem, cause);
    }
}
