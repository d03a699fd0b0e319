package io.github.clnorm.tools.errors;

/**
 * The largest errors of a set.
 *
 * @param promised the error that is promised: relative to max(1, |gamma|) (1 + |x̂|) + |beta|
 * @param plain |y - ref| / (1 + |ref|)
 * @param ratio |mean| in standard deviations
 * @param inDomain whether the promise holds for the values of the set
 */
record SetError(double promised, double plain, double ratio, boolean inDomain) {

    /** Whether the promise holds for the values, and there is a result. */
    boolean counts() {
        return inDomain && !Double.isNaN(promised);
    }

    /** Whether there should be a result, and there is none. */
    boolean isMissing() {
        return inDomain && Double.isNaN(promised);
    }

    /** What a search makes as large as it can. */
    double score() {
        return counts() ? promised : -1;
    }
}
