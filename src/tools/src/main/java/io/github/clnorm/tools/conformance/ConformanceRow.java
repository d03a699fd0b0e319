package io.github.clnorm.tools.conformance;

import io.github.clnorm.NormSpec;
import io.github.clnorm.type.ElementType;

/**
 * A row of the table.
 *
 * @param operation what was run, such as {@code group_norm}, {@code group_norm backward} or {@code exact data}
 * @param type of the tensors; null where it is of no matter
 * @param cases how many there were
 * @param passed how many of them the device passed
 * @param largestError of all elements of all cases, as |y - expected| / (1 + |expected|), of gradients of parameters as
 *     |y - expected| / the largest |expected|, beyond what an expected value itself may be off; NaN where nothing was
 *     compared
 * @param bound the largest that is allowed; NaN where nothing is compared
 * @param status how it ended
 * @param reason why the device cannot run it; null where it can
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
        /** Some case did not. */
        FAILED,
        /** The device has no such type: nothing was run. */
        UNSUPPORTED
    }

    /** The name of an operation's row for gradients. */
    static String backward(NormSpec.Kind operation) {
        return operation + " backward";
    }
}
