package io.github.clnorm.tools.normalize;

import io.github.clnorm.reference.Reference;
import io.github.clnorm.tools.conformance.PromisedBounds;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;

/**
 * How far a result may be from float64 before a run fails: what {@link io.github.clnorm.Functional} promises, element by
 * element, with the magnitudes that an element is computed from. Where nothing is promised every error is allowed: beyond a
 * mean of 10<sup>4</sup> standard deviations, outside 1e-30 to 1e36, and where rounding to the type overflows.
 */
final class Promise {

    private static final double LARGEST_RATIO = 1e4;
    private static final double LEAST = 1e-30;
    private static final double MOST = 1e36;

    private final Request request;
    private final Reference.Moments moments;
    private final double setSize;
    private final double forward;
    private final double unit;
    private final double denormal;
    private final double largest;
    private final double largestReal;
    private final double rounding;

    /** For sets of some number of elements each, normalized by these moments. */
    Promise(Request request, Reference.Moments moments, double setSize) {
        this.request = request;
        this.moments = moments;
        this.setSize = setSize;
        ElementType type = request.type;
        this.forward = PromisedBounds.forward(type);
        this.unit = PromisedBounds.roundoff(type);
        this.denormal = PromisedBounds.halfDenormal(type);
        this.largest = largest(type) / 1.01;
        this.largestReal = largest(type.accumulator()) / 1.01;
        // The sum of input and residual is rounded once, before its mean is taken.
        this.rounding = request.residual == null ? 0 : type.accumulator().epsilon();
    }

    private static double largest(ElementType type) {
        return switch (type) {
            case FLOAT16 -> 65504;
            case BFLOAT16, FLOAT32 -> Float.MAX_VALUE;
            case FLOAT64 -> Double.MAX_VALUE;
        };
    }

    /** What the standard deviation of a set is taken for. */
    double deviation(int set) {
        return Math.sqrt(moments.variance()[set] + request.eps);
    }

    private double ratio(int set) {
        return Math.abs(moments.mean()[set]) / deviation(set);
    }

    /** Whether anything is promised of a set. */
    boolean holds(int set) {
        double spread = Math.sqrt(moments.variance()[set] * setSize);
        return deviation(set) >= LEAST
                && ratio(set) <= LARGEST_RATIO
                && Math.abs(moments.mean()[set]) + spread <= MOST
                && deviation(set) <= MOST;
    }

    /** How far an x̂ may be off that an element of a set has, beyond the bound of the operation. */
    double shift(int set) {
        return rounding * (1 + ratio(set));
    }

    /** How far x̂ γ + β may be off. */
    double affine(int set, double normalized, double gamma, double beta) {
        return forward * (1 + Math.abs(gamma) * (1 + Math.abs(normalized)) + Math.abs(beta))
                + Math.abs(gamma) * (shift(set) + rounding * Math.abs(normalized));
    }

    /** How far a result may be off. */
    double output(int set, double normalized, double gamma, double beta, double expected) {
        double magnitude = Math.abs(gamma * normalized) + Math.abs(beta);
        boolean inRange = Math.abs(expected) <= largest
                && magnitude <= largestReal
                && Math.abs(gamma) <= largestReal
                && Math.abs(normalized) * deviation(set) <= MOST;
        if (!inRange || !holds(set)) {
            return Double.POSITIVE_INFINITY;
        }
        return affine(set, normalized, gamma, beta) + forward * Math.abs(expected) + stored(expected);
    }

    /** What rounding to the stored type takes. */
    double stored(double expected) {
        return unit * Math.abs(expected) + denormal;
    }

    /** Whether a value of the stored type is in the range in which it is only rounded. */
    boolean isInRange(double expected) {
        return Math.abs(expected) <= largest;
    }

    /** Whether sums of gradients are in the range in which something is promised of them. */
    boolean holdsOfGradients(double largestGradient) {
        return largestGradient >= LEAST && largestGradient * Math.max(1, setSize) <= MOST;
    }

    /** Whether the slope of the activation jumps where a value that is off by so much may be. */
    boolean mayJump(double value, double off) {
        return request.activation() == Activation.RELU && Math.abs(value) <= off;
    }

    /** How far the slope of the activation may be off for a value that is off by so much. */
    double slope(double off) {
        return switch (request.activation()) {
            case NONE, RELU -> 0;
            case SILU, GELU -> off;
        };
    }
}
