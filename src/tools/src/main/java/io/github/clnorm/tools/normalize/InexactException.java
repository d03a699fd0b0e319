package io.github.clnorm.tools.normalize;

/** A result is farther from float64 than the library promises: the device or its compiler is at fault. */
final class InexactException extends RuntimeException {

    private static final long serialVersionUID = 1;

    InexactException(String message) {
        super(message);
    }
}
