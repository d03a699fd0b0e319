package io.github.clnorm.tools.normalize;

import io.github.clnorm.reference.Reference;
import io.github.clnorm.tools.conformance.PromisedBounds;
import java.util.Arrays;

/** Gradients of the first samples of an input, compared with float64. */
final class GradCheck {

    static final String FORMULA = "|dx - ref| / max |dy * weight * rstd|";

    private final Request request;
    private final long samples;
    private final LargestError error;
    private final Excess excess = new Excess();

    /**
     * Compares.
     *
     * @param samples their number
     * @param x input, with residual
     * @param dy gradient of the output
     * @param dx gradient of the input
     */
    GradCheck(Request request, ParameterValues parameters, long samples, double[] x, double[] dy, double[] dx) {
        this.request = request;
        this.samples = samples;
        Reference reference = request.reference(parameters, request.shapeOf(samples));
        Reference.Moments moments = request.isEval() ? parameters.running() : reference.moments(i -> x[i]);
        double[] terms = reference.gradientsBy(moments, i -> x[i], i -> dy[i]).input();
        // The largest of the terms that make up dx before the statistics' gradients are subtracted. The difference may
        // cancel to 0, and losses have gradients of any magnitude: neither dx nor 1 could be the unit.
        double largest = Arrays.stream(terms)
                .filter(Double::isFinite)
                .map(Math::abs)
                .max()
                .orElse(0);
        double[] expected = request.isEval()
                ? terms
                : reference.gradients(moments, i -> x[i], i -> dy[i]).input();
        error = new LargestError(dx, largest, 0);
        Arrays.stream(expected).forEach(error);
        judge(reference, moments, x, dy, dx, largest, expected);
    }

    private void judge(
            Reference reference,
            Reference.Moments moments,
            double[] x,
            double[] dy,
            double[] dx,
            double largest,
            double... expected) {
        int sets = moments.variance().length;
        Promise promise = new Promise(request, moments, (double) x.length / sets);
        // Per set: the error bound of the activation's slope, and whether the slope may jump.
        double[] slope = new double[sets];
        boolean[] jumps = new boolean[sets];
        double[] most = new double[2];
        reference.visit(moments, i -> x[i], (index, set, normalized, gamma, beta, y) -> {
            double off = promise.affine(set, normalized, gamma, beta);
            slope[set] = Math.max(slope[set], promise.slope(off));
            jumps[set] |= promise.mayJump(normalized * gamma + beta, off);
            double g = Math.abs(dy[index] * gamma);
            most[0] = Math.max(most[0], g);
            most[1] = Math.max(most[1], g / promise.deviation(set));
        });
        if (!promise.holdsOfGradients(most[0]) || !promise.holdsOfGradients(most[1])) {
            return;
        }
        double bound = PromisedBounds.gradient(request.type);
        reference.visit(moments, i -> x[i], (index, set, normalized, gamma, beta, y) -> {
            double e = expected[index];
            double amplified = 1 + Math.abs(normalized);
            boolean promised = promise.holds(set) && !jumps[set] && promise.isInRange(e);
            excess.add(
                    dx[index],
                    e,
                    !promised
                            ? Double.POSITIVE_INFINITY
                            : bound * (largest * amplified + Math.abs(e))
                                    + (slope[set] + promise.shift(set)) * most[1] * amplified
                                    + promise.stored(e));
        });
    }

    /** Fails if an error exceeds the promised bound. */
    void verify() {
        excess.check(error, FORMULA, PromisedBounds.gradient(request.type), request.type);
    }

    long samples() {
        return samples;
    }

    LargestError error() {
        return error;
    }
}
