package io.github.clnorm.tools.normalize;

/** Thrown if a result's error exceeds the promised bound: the device or its compiler is at fault. */
final class InexactException extends RuntimeException {

    private static final long serialVersionUID = 1;

    InexactException(String message) {
        super(message);
    }
}
