package io.github.clnorm.spark;

/** A row has no valid sample. Not thread-safe. */
final class BadRow extends Exception {
    private static final long serialVersionUID = 1;

    /** With a clause about the sample, such as "has 5 values, expected 6". A stack trace for each row would be slow. */
    BadRow(String problem) {
        super(problem, null, false, false);
    }
}
