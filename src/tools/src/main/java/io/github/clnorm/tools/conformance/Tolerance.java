package io.github.clnorm.tools.conformance;

import io.github.clnorm.type.ElementType;
import java.util.Arrays;

/**
 * The tolerance for a result y with expected value e. The error is |y - e| / (1 + |e|), beyond the error of e itself;
 * for gradients of parameters |y - e| / the sum of the magnitudes of the terms.
 */
interface Tolerance {

    /** float32's bound for ordinary values, stricter than what {@link io.github.clnorm.Functional} promises for any. */
    double FLOAT32 = 4e-6;
    /** float64's bound. */
    double FLOAT64 = 1e-13;
    /** float32's bound for gradients, which are sums of products of rounded factors. */
    double FLOAT32_GRADIENT = 2e-5;

    /** The allowed error for the expected value at an index. */
    double bound(int index, double expected);

    /** The error of the expected value at an index; 0 if it is exact to many more digits. */
    default double slack(int index, double expected) {
        return 0;
    }

    /** The value that an error is divided by. */
    default double scale(int index, double expected) {
        return 1 + Math.abs(expected);
    }

    /** The largest value of the bound. */
    default double largest() {
        return bound(0, Double.MAX_VALUE);
    }

    /**
     * For results that are computed in float32 (float64 for float64) within its bound, and rounded once to their stored
     * type. Rounding v adds at most u|v|, or half of the smallest denormal for tiny v, and |v| is at most |e| plus the
     * computation's error.
     */
    static Tolerance of(ElementType type) {
        return of(computed(type), type);
    }

    private static Tolerance of(double computed, ElementType type) {
        double unit = roundoff(type);
        double denormal = halfDenormal(type);
        return (i, e) -> computed * (1 + unit) + (unit * Math.abs(e) + denormal) / (1 + Math.abs(e));
    }

    /** For gradients of an input. */
    static Tolerance ofGradient(ElementType type) {
        return of(computedGradient(type), type);
    }

    /**
     * For gradients of a parameter. They are sums of terms that may cancel, so the error is relative to the terms.
     *
     * @param type the accumulator type or a narrower one
     * @param stored the parameter's type
     * @param terms the sum of the magnitudes of each element's terms
     */
    static Tolerance ofParameterGradient(ElementType type, ElementType stored, double... terms) {
        double computed = computedGradient(type);
        double unit = roundoff(stored);
        double denormal = halfDenormal(stored);
        double smallest = Arrays.stream(terms).filter(t -> t > 0).min().orElse(0);
        return new Tolerance() {
            @Override
            public double bound(int index, double e) {
                double scale = terms[index];
                return scale == 0 ? 0 : computed * (1 + unit) + (unit * Math.abs(e) + denormal) / scale;
            }

            @Override
            public double scale(int index, double e) {
                return terms[index];
            }

            /** An element is at most the sum of its terms. */
            @Override
            public double largest() {
                return smallest == 0 ? 0 : computed * (1 + unit) + unit + denormal / smallest;
            }
        };
    }

    /** The bound of gradients before they are stored. */
    static double computedGradient(ElementType type) {
        return type == ElementType.FLOAT64 ? FLOAT64 : FLOAT32_GRADIENT;
    }

    /** The bound before a result is stored. */
    static double computed(ElementType type) {
        return type == ElementType.FLOAT64 ? FLOAT64 : FLOAT32;
    }

    /** The largest relative error of rounding to a type that is narrower than its accumulator; otherwise 0. */
    static double roundoff(ElementType type) {
        return type.accumulator() == type ? 0 : type.epsilon() / 2;
    }

    /** The largest error of rounding a value below the normal range of the type. */
    static double halfDenormal(ElementType type) {
        return type == ElementType.FLOAT16 ? 0x1p-25 : 0;
    }

    /** A slack: the error of the expected value at an index. */
    interface Slack {
        double at(int index, double expected);
    }

    /** The same bound for expected values that are rounded themselves. */
    default Tolerance against(Slack slack) {
        Tolerance same = this;
        return new Tolerance() {
            @Override
            public double bound(int index, double expected) {
                return same.bound(index, expected);
            }

            @Override
            public double scale(int index, double expected) {
                return same.scale(index, expected);
            }

            @Override
            public double largest() {
                return same.largest();
            }

            @Override
            public double slack(int index, double expected) {
                return slack.at(index, expected);
            }
        };
    }
}
