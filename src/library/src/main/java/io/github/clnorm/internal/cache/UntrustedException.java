package io.github.clnorm.internal.cache;

import java.io.IOException;

/**
 * Another user could have written a file or folder. The message names it, the reason and the remedy.
 *
 * <p>Immutable and thread-safe.
 */
public final class UntrustedException extends IOException {

    private static final long serialVersionUID = 1;

    /**
     * Creates one.
     *
     * @param problem the reason from {@link Ownership}
     */
    UntrustedException(String problem) {
        super(problem);
    }
}
