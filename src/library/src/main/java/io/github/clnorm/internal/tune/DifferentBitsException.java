package io.github.clnorm.internal.tune;

/**
 * Two plans gave different bits, which no two ever may: a bug of the kernels, or of the driver.
 *
 * <p>Immutable and thread-safe.
 */
public final class DifferentBitsException extends RuntimeException {

    /**
     * A difference.
     *
     * @param message which plan, of what, and the first element that differs
     */
    public DifferentBitsException(String message) {
        super(message);
    }
}
