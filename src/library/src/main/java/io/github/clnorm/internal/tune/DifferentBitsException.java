package io.github.clnorm.internal.tune;

/**
 * Two plans gave different bits: a bug in the kernels or in the driver.
 *
 * <p>Immutable and thread-safe.
 */
public final class DifferentBitsException extends RuntimeException {

    /**
     * Reports a difference.
     *
     * @param message the plans, the problem, and the first element that differs
     */
    public DifferentBitsException(String message) {
        super(message);
    }
}
