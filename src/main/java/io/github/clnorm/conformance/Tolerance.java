package io.github.clnorm.conformance;

import io.github.clnorm.type.ElementType;

/**
 * How far a result y may be from an expected value e. The error is |y - e| / (1 + |e|), beyond what e itself may be off.
 */
interface Tolerance {

    /** float32's bound: what {@link io.github.clnorm.Functional} promises. */
    double FLOAT32 = 4e-6;
    /** float64's. */
    double FLOAT64 = 1e-13;

    /** The error that is allowed for an expected value. */
    double bound(double expected);

    /** How far the expected value of an index may itself be off: 0 where it is exact to many more digits. */
    default double slack(int index, double expected) {
        return 0;
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
        double computed = computed(type);
        double unit = roundoff(type);
        double denormal = halfDenormal(type);
        return e -> computed * (1 + unit) + (unit * Math.abs(e) + denormal) / (1 + Math.abs(e));
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
            public double slack(int index, double expected) {
                return slack.at(index, expected);
            }
        };
    }
}
