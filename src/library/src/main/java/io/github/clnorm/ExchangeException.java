package io.github.clnorm;

/**
 * A {@link StatisticsExchange} has failed: a participant failed, left, was interrupted, made another call than the
 * others, or did not arrive in time. The message names the participant and the reason.
 * Thread-safe.
 */
public final class ExchangeException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /**
     * A failure.
     *
     * @param message which participant, and why
     * @param cause what it threw, or null
     */
    public ExchangeException(String message, Throwable cause) {
        super(message, cause);
    }
}
