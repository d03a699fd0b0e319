package io.github.clnorm.tools.normalize;

import io.github.clnorm.reference.Reference;
import io.github.clnorm.tools.conformance.PromisedBounds;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;

/**
 * The bounds that {@link io.github.clnorm.Functional} promises, for each element, from the magnitudes that it is
 * computed from. Any error is allowed if nothing is promised: if a mean exceeds 10<sup>4</sup> standard deviations, if
 * values are outside 1e-30 to 1e36, or if rounding to the type overflows.
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

    /** Bounds for sets of this size that are normalized by these moments. */
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
        // The sum of input and residual is rounded once, before the mean is computed.
        this.rounding = request.residual == null ? 0 : type.accumulator().epsilon();
    }

    private static double largest(ElementType type) {
        return switch (type) {
            case FLOAT16 -> 65504;
            case BFLOAT16, FLOAT32 -> Float.MAX_VALUE;
            case FLOAT64 -> Double.MAX_VALUE;
        };
    }

    /** The standard deviation that a set is divided by. */
    double deviation(int set) {
        return Math.sqrt(moments.variance()[set] + request.eps);
    }

    private double ratio(int set) {
        return Math.abs(moments.mean()[set]) / deviation(set);
    }

    /** Whether a bound is promised for a set. */
    boolean holds(int set) {
        double spread = Math.sqrt(moments.variance()[set] * setSize);
        return deviation(set) >= LEAST
                && ratio(set) <= LARGEST_RATIO
                && Math.abs(moments.mean()[set]) + spread <= MOST
                && deviation(set) <= MOST;
    }

    /** The bound for an x̂ of a set, beyond the operation's bound. */
    double shift(int set) {
        return rounding * (1 + ratio(set));
    }

    /** The bound for x̂ γ + β. */
    double affine(int set, double normalized, double gamma, double beta) {
        return forward * (1 + Math.abs(gamma) * (1 + Math.abs(normalized)) + Math.abs(beta))
                + Math.abs(gamma) * (shift(set) + rounding * Math.abs(normalized));
    }

    /** The bound for a result. */
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

    /** The largest error of rounding to the stored type. */
    double stored(double expected) {
        return unit * Math.abs(expected) + denormal;
    }

    /** Whether storing the value only rounds it. */
    boolean isInRange(double expected) {
        return Math.abs(expected) <= largest;
    }

    /** Whether a bound is promised for sums of gradients. */
    boolean holdsOfGradients(double largestGradient) {
        return largestGradient >= LEAST && largestGradient * Math.max(1, setSize) <= MOST;
    }

    /** Whether the activation's slope may jump within a distance of the value. */
    boolean mayJump(double value, double off) {
        return request.activation() == Activation.RELU && Math.abs(value) <= off;
    }

    /** The bound for the activation's slope at a value with this error. */
    double slope(double off) {
        return switch (request.activation()) {
            case NONE, RELU -> 0;
            case SILU, GELU, GELU_TANH -> off;
        };
    }
}
