package io.github.clnorm.tools.conformance;

/** What a case finds: its largest error, and where it was the furthest beyond a bound. */
final class CaseCheck {

    private final Case running;
    private double largestError = Double.NaN;
    private double bound = Double.NaN;
    private Failure failure;

    CaseCheck(Case running) {
        this.running = running;
    }

    /**
     * Compares a result. A difference passes when it is at most the bound, so NaN never passes by accident: only where it
     * is expected.
     */
    void close(String what, double[] expected, double[] actual, Tolerance tolerance) {
        bound = larger(bound, tolerance.largest());
        if (!sameLength(what, expected, actual)) {
            return;
        }
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            double error = error(i, expected[i], actual[i], tolerance);
            double allowed = error == 0 ? 0 : tolerance.bound(expected[i]);
            largestError = larger(largestError, error);
            double excess = error / allowed;
            if (!(error <= allowed) && !(excess <= worst)) {
                worst = Double.isNaN(excess) ? Double.POSITIVE_INFINITY : excess;
                fail(what, i, actual[i], expected[i], error, allowed);
            }
        }
    }

    /** Infinite where one of them is NaN or infinite and the other is not the same. */
    private static double error(int index, double expected, double actual, Tolerance tolerance) {
        if (actual == expected || Double.isNaN(actual) && Double.isNaN(expected)) {
            return 0;
        }
        if (!Double.isFinite(actual) || !Double.isFinite(expected)) {
            return Double.POSITIVE_INFINITY;
        }
        double beyond = Math.abs(actual - expected) - tolerance.slack(index, expected);
        return beyond <= 0 ? 0 : beyond / tolerance.scale(expected);
    }

    /** Compares bits; any NaN is like any other. */
    void sameBits(String what, double[] expected, double[] actual) {
        bound = larger(bound, 0);
        if (!sameLength(what, expected, actual)) {
            return;
        }
        largestError = larger(largestError, 0);
        for (int i = 0; i < expected.length; i++) {
            if (Double.doubleToLongBits(expected[i]) != Double.doubleToLongBits(actual[i])) {
                double error = error(i, expected[i], actual[i], unused -> 0);
                largestError = larger(largestError, error);
                fail(what, i, actual[i], expected[i], error, 0);
            }
        }
    }

    /** Notes what is wrong where there is nothing to compare. */
    void that(boolean right, String otherwise) {
        if (!right) {
            fail(otherwise);
        }
    }

    void fail(String what) {
        failure = failure == null ? Failure.of(running, what) : failure;
    }

    /** What a case throws ends it. */
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
        // Of one result the worst element is told, of several results the first.
        boolean worse = failure != null && failure.what().equals(what) && error > failure.error();
        if (failure == null || worse) {
            failure = new Failure(
                    running.row(), running.type(), running.name(), what, index, value, expected, error, allowed);
        }
    }

    /** The larger one; of a number and NaN the number. */
    static double larger(double a, double b) {
        return a >= b || Double.isNaN(b) ? a : b;
    }

    double largestError() {
        return largestError;
    }

    double bound() {
        return bound;
    }

    /** What is told of the case; null when it passed. */
    Failure failure() {
        return failure;
    }
}
