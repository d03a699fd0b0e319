package io.github.clnorm.tools.conformance;

/** The findings of a case: its largest error, and the element that exceeds a bound the most. */
final class CaseCheck {

    private final Case running;
    private double largestError = Double.NaN;
    private double bound = Double.NaN;
    private Failure failure;

    CaseCheck(Case running) {
        this.running = running;
    }

    /** Compares a result. An element passes if its error is at most the bound. NaN only passes if it is expected. */
    void close(String what, double[] expected, double[] actual, Tolerance tolerance) {
        bound = larger(bound, tolerance.largest());
        if (!sameLength(what, expected, actual)) {
            return;
        }
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            double error = error(i, expected[i], actual[i], tolerance);
            double allowed = error == 0 ? 0 : tolerance.bound(i, expected[i]);
            largestError = larger(largestError, error);
            double excess = error / allowed;
            if (!(error <= allowed) && !(excess <= worst)) {
                worst = Double.isNaN(excess) ? Double.POSITIVE_INFINITY : excess;
                fail(what, i, actual[i], expected[i], error, allowed);
            }
        }
    }

    /** Infinite if one value is NaN or infinite and the other is different. */
    private static double error(int index, double expected, double actual, Tolerance tolerance) {
        if (actual == expected || Double.isNaN(actual) && Double.isNaN(expected)) {
            return 0;
        }
        if (!Double.isFinite(actual) || !Double.isFinite(expected)) {
            return Double.POSITIVE_INFINITY;
        }
        double beyond = Math.abs(actual - expected) - tolerance.slack(index, expected);
        return beyond <= 0 ? 0 : beyond / tolerance.scale(index, expected);
    }

    /** Compares bits. All NaNs are equal. */
    void sameBits(String what, double[] expected, double[] actual) {
        bound = larger(bound, 0);
        if (!sameLength(what, expected, actual)) {
            return;
        }
        largestError = larger(largestError, 0);
        for (int i = 0; i < expected.length; i++) {
            if (Double.doubleToLongBits(expected[i]) != Double.doubleToLongBits(actual[i])) {
                double error = error(i, expected[i], actual[i], (at, unused) -> 0);
                largestError = larger(largestError, error);
                fail(what, i, actual[i], expected[i], error, 0);
            }
        }
    }

    /** Fails with a message if a condition does not hold. */
    void that(boolean right, String otherwise) {
        if (!right) {
            fail(otherwise);
        }
    }

    void fail(String what) {
        failure = failure == null ? Failure.of(running, what) : failure;
    }

    /** Fails with the exception that ended the case. */
    void thrown(RuntimeException e) {
        fail(e.getMessage() == null ? e.toString() : e.getMessage());
    }

    private boolean sameLength(String what, double[] expected, double[] actual) {
        if (expected.length != actual.length) {
            fail(what + " has " + actual.length + " elements, expected " + expected.length);
            return false;
        }
        return true;
    }

    private void fail(String what, int index, double value, double expected, double error, double allowed) {
        // The worst element of the first result that failed is reported.
        boolean worse = failure != null && failure.what().equals(what) && error > failure.error();
        if (failure == null || worse) {
            failure = new Failure(
                    running.row(), running.type(), running.name(), what, index, value, expected, error, allowed);
        }
    }

    /** The larger one; if one is NaN, the other. */
    static double larger(double a, double b) {
        return a >= b || Double.isNaN(b) ? a : b;
    }

    double largestError() {
        return largestError;
    }

    double bound() {
        return bound;
    }

    /** The failure to report; null if the case passed. */
    Failure failure() {
        return failure;
    }
}
