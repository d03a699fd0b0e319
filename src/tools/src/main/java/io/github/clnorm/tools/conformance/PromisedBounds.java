package io.github.clnorm.tools.conformance;

import io.github.clnorm.type.ElementType;

/** The bounds that {@link io.github.clnorm.Functional} promises, for use outside the conformance table. */
public final class PromisedBounds {

    private static final double FORWARD = 5e-5;

    private PromisedBounds() {}

    /**
     * The bound for results of any values, also of those whose rounding errors all have the same sign, before they are
     * rounded to their stored type. The error is relative to max(1, |gamma|) (1 + |x̂|) + |beta|. Cases of the table are
     * held to a stricter bound.
     *
     * @param type of the tensor
     * @return 1e-13 for float64, otherwise 5e-5
     */
    public static double forward(ElementType type) {
        return type == ElementType.FLOAT64 ? Tolerance.FLOAT64 : FORWARD;
    }

    /**
     * The bound for gradients, before they are rounded to their stored type.
     *
     * @param type of the tensor
     * @return 1e-13 for float64, otherwise 2e-5
     */
    public static double gradient(ElementType type) {
        return Tolerance.computedGradient(type);
    }

    /**
     * The largest relative error of rounding to a type that is narrower than what it is computed in.
     *
     * @param type of the tensor
     * @return half of its machine epsilon; 0 for float32 and float64
     */
    public static double roundoff(ElementType type) {
        return Tolerance.roundoff(type);
    }

    /**
     * The largest error of rounding a value below the normal range of a narrower type.
     *
     * @param type of the tensor
     * @return half of the smallest denormal of float16; 0 for other types
     */
    public static double halfDenormal(ElementType type) {
        return Tolerance.halfDenormal(type);
    }
}
