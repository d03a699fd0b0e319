package io.github.clnorm.tools.conformance;

import io.github.clnorm.type.ElementType;
import java.util.Arrays;

/**
 * How far a result y may be from an expected value e. The error is |y - e| / (1 + |e|), beyond what e itself may be off; of
 * the gradient of a parameter it is |y - e| / the largest |e|.
 */
interface Tolerance {

    /** float32's bound: what {@link io.github.clnorm.Functional} promises. */
    double FLOAT32 = 4e-6;
    /** float64's. */
    double FLOAT64 = 1e-13;
    /** float32's for gradients, which are made of sums of products of rounded factors. */
    double FLOAT32_GRADIENT = 2e-5;

    /** The error that is allowed for an expected value. */
    double bound(double expected);

    /** How far the expected value of an index may itself be off: 0 where it is exact to many more digits. */
    default double slack(int index, double expected) {
        return 0;
    }

    /** What an error is relative to. */
    default double scale(double expected) {
        return 1 + Math.abs(expected);
    }

    /** What the bound is nowhere larger than. */
    default double largest() {
        return bound(Double.MAX_VALUE);
    }

    /**
     * For results that are computed in float32 (float64 for float64) within its bound, and rounded once to be stored.
     * Rounding v gives at most u|v| more, half of a least denormal where v is that small, and |v| is at most |e| and
     * what the computation is off.
     */
    static Tolerance of(ElementType type) {
        return of(computed(type), type);
    }

    private static Tolerance of(double computed, ElementType type) {
        double unit = roundoff(type);
        double denormal = halfDenormal(type);
        return e -> computed * (1 + unit) + (unit * Math.abs(e) + denormal) / (1 + Math.abs(e));
    }

    /** For gradients of an input. */
    static Tolerance ofGradient(ElementType type) {
        return of(computedGradient(type), type);
    }

    /**
     * For gradients of a parameter. They are sums over many elements, of which what is large may cancel: a small element is
     * no better than a large one.
     *
     * @param type what they are computed in, or narrower
     * @param stored the parameter's
     * @param expected all of them
     */
    static Tolerance ofParameterGradient(ElementType type, ElementType stored, double... expected) {
        double computed = computedGradient(type);
        double unit = roundoff(stored);
        double denormal = halfDenormal(stored);
        double scale = Arrays.stream(expected)
                .filter(Double::isFinite)
                .map(Math::abs)
                .max()
                .orElse(0);
        return new Tolerance() {
            @Override
            public double bound(double e) {
                return scale == 0 ? 0 : computed * (1 + unit) + (unit * Math.abs(e) + denormal) / scale;
            }

            @Override
            public double scale(double e) {
                return scale;
            }

            @Override
            public double largest() {
                return bound(scale);
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

    /** The largest relative error of rounding to a type that is narrower than what it is computed in; else 0. */
    static double roundoff(ElementType type) {
        return type.accumulator() == type ? 0 : type.epsilon() / 2;
    }

    /** What rounding to such a type may take from a value below its normal range. */
    static double halfDenormal(ElementType type) {
        return type == ElementType.FLOAT16 ? 0x1p-25 : 0;
    }

    /** Another's slack: how far the expected value of an index may be off. */
    interface Slack {
        double at(int index, double expected);
    }

    /** The same bound, against expected values that are rounded themselves. */
    default Tolerance against(Slack slack) {
        Tolerance same = this;
        return new Tolerance() {
            @Override
            public double bound(double expected) {
                return same.bound(expected);
            }

            @Override
            public double scale(double expected) {
                return same.scale(expected);
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
