package io.github.clnorm.tools.conformance;

import io.github.clnorm.NormSpec;
import io.github.clnorm.type.ElementType;

/**
 * A row of the table.
 *
 * @param operation what was run, such as {@code group_norm}, {@code group_norm backward} or {@code exact data}
 * @param type of the tensors; null if the row has none
 * @param cases number of cases
 * @param passed number of cases that passed
 * @param largestError over all elements of all cases: |y - expected| / (1 + |expected|), for gradients of parameters |y
 *     - expected| / the sum of the magnitudes of the terms, beyond the error of the expected value itself; NaN if nothing was compared
 * @param bound the largest allowed error; NaN if nothing is compared
 * @param status how it ended
 * @param reason why the device cannot run it; null if it can
 */
public record ConformanceRow(
        String operation,
        ElementType type,
        int cases,
        int passed,
        double largestError,
        double bound,
        Status status,
        String reason) {

    /** How a row ended. */
    public enum Status {
        /** Every case passed. */
        PASSED,
        /** A case failed. */
        FAILED,
        /** The device does not support the type: nothing ran. */
        UNSUPPORTED
    }

    /** The name of an operation's row for gradients. */
    static String backward(NormSpec.Kind operation) {
        return operation + " backward";
    }
}
