package io.github.clnorm.tools.normalize;

import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.tools.conformance.PromisedBounds;

/** The first samples of a run, compared with float64. */
final class RunCheck {

    static final String FORMULA = "|y - ref| / (1 + |ref|)";

    private final Request request;
    private final long samples;
    private final LargestError error;
    private final Excess excess = new Excess();
    private final Reference.Moments before;
    private final Reference.Moments after;
    private final double[] meanBefore;
    private final double[] meanAfter;

    /**
     * Compares.
     *
     * @param samples their number
     * @param x input, with residual
     * @param y results
     * @param setsShown for how many sets the means are needed
     */
    RunCheck(Request request, ParameterValues parameters, long samples, double[] x, double[] y, int setsShown) {
        this.request = request;
        this.samples = samples;
        Reference reference = request.reference(parameters, request.shapeOf(samples));
        error = new LargestError(y, 1, 1);
        before = reference.moments(i -> x[i]);
        Reference.Moments by = request.isEval() ? parameters.running() : before;
        Promise promise = new Promise(request, by, (double) x.length / by.variance().length);
        reference.visit(by, i -> x[i], (index, set, normalized, gamma, beta, expected) -> {
            error.accept(expected);
            excess.add(y[index], expected, promise.output(set, normalized, gamma, beta, expected));
        });
        after = reference.moments(i -> y[i]);
        meanBefore = means(before, x, setsShown);
        meanAfter = means(after, y, setsShown);
    }

    /** The means of the first sets, also for an operation that takes none. */
    private double[] means(Reference.Moments moments, double[] values, int shown) {
        if (request.takesMean()) {
            return moments.mean();
        }
        Geometry geometry = request.geometry(request.shapeOf(samples));
        double[] means = new double[(int) Math.min(geometry.sets(), shown)];
        for (int set = 0; set < means.length; set++) {
            means[set] = sum(geometry, set, values) / geometry.setSize();
        }
        return means;
    }

    /** The sum of a set, row by row. */
    private static double sum(Geometry geometry, long set, double... values) {
        long sample = set / geometry.groups();
        long group = set % geometry.groups();
        double sum = 0;
        for (long row = 0; row < geometry.rows(); row++) {
            long from = ((sample * geometry.rows() + row) * geometry.groups() + group) * geometry.width();
            for (int i = (int) from; i < from + geometry.width(); i++) {
                sum += values[i];
            }
        }
        return sum;
    }

    /** Fails if an error exceeds the promised bound. */
    void verify() {
        excess.check(error, FORMULA, PromisedBounds.forward(request.type), request.type);
    }

    long samples() {
        return samples;
    }

    LargestError error() {
        return error;
    }

    int sets() {
        return before.variance().length;
    }

    double meanBefore(int set) {
        return meanBefore[set];
    }

    double meanAfter(int set) {
        return meanAfter[set];
    }

    /** The standard deviation; the root mean square for an operation without a mean. */
    double spreadBefore(int set) {
        return Math.sqrt(before.variance()[set]);
    }

    /** The standard deviation or root mean square of the results. */
    double spreadAfter(int set) {
        return Math.sqrt(after.variance()[set]);
    }
}
