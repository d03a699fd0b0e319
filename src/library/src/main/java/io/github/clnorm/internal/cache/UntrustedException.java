package io.github.clnorm.internal.cache;

import java.io.IOException;

/**
 * A file or folder that another user could have written. The message says which, why, and the remedy.
 *
 * <p>Immutable and thread-safe.
 */
public final class UntrustedException extends IOException {

    private static final long serialVersionUID = 1;

    /**
     * Made where something is refused.
     *
     * @param problem what {@link Ownership} found
     */
    UntrustedException(String problem) {
        super(problem);
    }
}
