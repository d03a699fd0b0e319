package io.github.clnorm.testing;

import static org.junit.jupiter.api.Assertions.fail;

/** Compares results. A comparison passes when the difference is at most the bound, so NaN never passes by accident. */
public final class Errors {

    /** The bound for float32 forward results. */
    public static final double FORWARD = 4e-6;

    private Errors() {}

    /** |actual - expected| / (1 + |expected|), at most `bound` everywhere; NaN where, and only where, it is expected. */
    public static double assertClose(double[] expected, float[] actual, double bound, String reproduce) {
        if (expected.length != actual.length) {
            fail(reproduce + ": " + actual.length + " elements, expected " + expected.length);
        }
        double worst = 0;
        int at = -1;
        for (int i = 0; i < expected.length; i++) {
            if (Double.isNaN(expected[i]) && Float.isNaN(actual[i]) || actual[i] == expected[i]) {
                continue;
            }
            double error = Math.abs(actual[i] - expected[i]) / (1 + Math.abs(expected[i]));
            if (!(error <= worst)) {
                worst = error;
                at = i;
                if (Double.isNaN(error)) {
                    break;
                }
            }
        }
        if (!(worst <= bound)) {
            fail(reproduce + ": error " + worst + " exceeds " + bound + " at index " + at + ": " + actual[at]
                    + ", expected " + expected[at]);
        }
        return worst;
    }

    /** The same bits everywhere. */
    public static void assertSameBits(float[] expected, float[] actual, String reproduce) {
        if (expected.length != actual.length) {
            fail(reproduce + ": " + actual.length + " elements, expected " + expected.length);
        }
        for (int i = 0; i < expected.length; i++) {
            if (Float.floatToRawIntBits(expected[i]) != Float.floatToRawIntBits(actual[i])
                    && !(Float.isNaN(expected[i]) && Float.isNaN(actual[i]))) {
                fail(reproduce + ": other bits at index " + i + ": " + actual[i] + ", expected " + expected[i] + " ("
                        + Integer.toHexString(Float.floatToRawIntBits(actual[i])) + ", expected "
                        + Integer.toHexString(Float.floatToRawIntBits(expected[i])) + ")");
            }
        }
    }
}
