package io.github.clnorm.type;

import java.math.BigDecimal;

/**
 * Rounding to a small binary format by search: a table of all its values, and exact comparison with the two neighbours.
 * Shares nothing with the code under test.
 */
final class Rounding {

    private final int infinity;
    /** The magnitudes by their bits; in the place of infinity what would be the next finite value. */
    private final double[] magnitudes;

    Rounding(int exponentBits, int fractionBits) {
        int bias = (1 << exponentBits - 1) - 1;
        infinity = (1 << exponentBits) - 1 << fractionBits;
        magnitudes = new double[infinity + 1];
        for (int bits = 0; bits <= infinity; bits++) {
            int exponent = bits >> fractionBits;
            double fraction = Math.scalb((double) (bits & (1 << fractionBits) - 1), -fractionBits);
            // IEEE 754's definition, in doubles, which hold all of these exactly.
            magnitudes[bits] =
                    exponent == 0 ? Math.scalb(fraction, 1 - bias) : Math.scalb(1 + fraction, exponent - bias);
        }
    }

    int infinity() {
        return infinity;
    }

    /** The value of a magnitude's bits. */
    double magnitude(int bits) {
        return bits > infinity ? Double.NaN : bits == infinity ? Double.POSITIVE_INFINITY : magnitudes[bits];
    }

    /** Exactly between a magnitude and the next; after the largest, where infinity begins. */
    double tieAbove(int bits) {
        return (magnitudes[bits] + magnitudes[bits + 1]) / 2;
    }

    /** The bits of the nearest, the even ones of two; not for NaN. */
    int nearest(double value) {
        int sign = Double.doubleToRawLongBits(value) < 0 ? 0x8000 : 0;
        double magnitude = Math.abs(value);
        if (magnitude >= magnitudes[infinity]) {
            return sign | infinity;
        }
        int below = 0;
        int above = infinity;
        while (above - below > 1) {
            int middle = (below + above) / 2;
            if (magnitudes[middle] <= magnitude) {
                below = middle;
            } else {
                above = middle;
            }
        }
        BigDecimal exact = new BigDecimal(magnitude);
        int compared = exact.subtract(new BigDecimal(magnitudes[below]))
                .compareTo(new BigDecimal(magnitudes[above]).subtract(exact));
        boolean up = compared > 0 || compared == 0 && below % 2 == 1;
        return sign | (up ? above : below);
    }
}
