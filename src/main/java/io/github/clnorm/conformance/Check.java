package io.github.clnorm.conformance;

/** What a case finds: its largest error, and where it was the furthest beyond a bound. */
final class Check {

    private final Case running;
    private double largestError = Double.NaN;
    private double bound = Double.NaN;
    private Failure failure;

    Check(Case running) {
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
        double worst = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < expected.length; i++) {
            double e = expected[i];
            double y = actual[i];
            double error = 0;
            if (y != e && !(Double.isNaN(y) && Double.isNaN(e))) {
                double difference = Math.abs(y - e) - tolerance.slack(i, e);
                // Not with Math.max, which would turn an infinite expectation into NaN.
                error = difference <= 0 ? 0 : difference / (1 + Math.abs(e));
            }
            double allowed = tolerance.bound(e);
            largestError = larger(largestError, Double.isNaN(error) ? Double.POSITIVE_INFINITY : error);
            boolean further = Double.isNaN(error) || error / allowed > worst;
            if (!(error <= allowed) && further && worst != Double.POSITIVE_INFINITY) {
                worst = Double.isNaN(error) ? Double.POSITIVE_INFINITY : error / allowed;
                fail(what, i, y, e, error, allowed);
            }
        }
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
                double error = Math.abs(actual[i] - expected[i]) / (1 + Math.abs(expected[i]));
                largestError = larger(largestError, Double.isNaN(error) ? Double.POSITIVE_INFINITY : error);
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
        // Within one result the worst element is told, of several results the first.
        if (failure == null || failure.index() >= 0 && failure.what().equals(what) && allowed > 0) {
            failure = new Failure(running.row(), running.type(), running.name(), what, index, value, expected, error,
                    allowed);
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
