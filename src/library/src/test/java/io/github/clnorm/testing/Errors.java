package io.github.clnorm.testing;

import static org.junit.jupiter.api.Assertions.fail;

import io.github.clnorm.type.ElementType;

/** Compares results. A comparison passes only if the difference is at most the bound, so NaN cannot pass. */
public final class Errors {

    /**
     * The bound for float32 forward results of ordinary values, and for float16 and bfloat16 before rounding. Values that
     * are made for it may have larger errors.
     */
    public static final double FORWARD = 4e-6;
    /** The bound for float64 forward results. */
    public static final double FORWARD_64 = 1e-13;

    /** The bound for float32 gradients, and for float16 and bfloat16 before rounding. */
    public static final double BACKWARD = 2e-5;
    /** The bound for float64 gradients. */
    public static final double BACKWARD_64 = 1e-13;

    /**
     * The bound for float32 gradients of parameters, relative to the magnitudes of their terms: a tenth of the documented
     * one. The largest error of the tests is 6e-7.
     */
    private static final double PARAMETERS = 2e-6;

    private Errors() {}

    /** The bound of a type's gradients of parameters before they are stored. */
    public static double parameterBound(ElementType type) {
        return type == ElementType.FLOAT64 ? BACKWARD_64 : PARAMETERS;
    }

    /** The bound of a type's gradients before they are stored. */
    public static double gradientBound(ElementType type) {
        return type == ElementType.FLOAT64 ? BACKWARD_64 : BACKWARD;
    }

    /**
     * Checks that |actual - expected| is at most bound times the sum of the magnitudes of the element's terms, plus one
     * rounding for 16-bit types. Returns the largest error relative to the terms.
     */
    public static double assertCloseToTerms(
            ElementType type, double[] expected, double[] actual, double[] terms, double bound, String reproduce) {
        if (expected.length != actual.length || terms.length != actual.length) {
            fail(reproduce + ": " + actual.length + " elements, expected " + expected.length);
        }
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            if (Double.isNaN(expected[i]) && Double.isNaN(actual[i]) || actual[i] == expected[i]) {
                continue;
            }
            double error = Math.abs(actual[i] - expected[i]);
            double allowed = bound * terms[i] + rounding(type, Math.abs(expected[i]) + bound * terms[i]);
            if (!(error <= allowed)) {
                fail(reproduce + ": error " + error + " exceeds " + allowed + " at index " + i + ": " + actual[i]
                        + ", expected " + expected[i] + ", a sum of terms of " + terms[i]);
            }
            worst = Math.max(worst, error / terms[i]);
        }
        return worst;
    }

    /** The bound of a type's results before they are stored. */
    public static double bound(ElementType type) {
        return type == ElementType.FLOAT64 ? FORWARD_64 : FORWARD;
    }

    /** The largest rounding error of a 16-bit type: half the distance between neighbouring values. */
    private static double rounding(ElementType type, double magnitude) {
        return switch (type) {
            case FLOAT16 -> Math.scalb(1, Math.max(-14, Math.getExponent(magnitude)) - 11);
            case BFLOAT16 -> Math.scalb(1, Math.max(-126, Math.getExponent(magnitude)) - 8);
                // The bound includes their rounding.
            case FLOAT32, FLOAT64 -> 0;
        };
    }

    /**
     * Checks that |actual - expected| is at most bound · (1 + |expected|), plus one rounding for 16-bit types, and that
     * NaN occurs exactly where it is expected. Returns the largest |actual - expected| / (1 + |expected|).
     */
    public static double assertClose(
            ElementType type, double[] expected, double[] actual, double bound, String reproduce) {
        if (expected.length != actual.length) {
            fail(reproduce + ": " + actual.length + " elements, expected " + expected.length);
        }
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            if (Double.isNaN(expected[i]) && Double.isNaN(actual[i]) || actual[i] == expected[i]) {
                continue;
            }
            double error = Math.abs(actual[i] - expected[i]);
            double computed = bound * (1 + Math.abs(expected[i]));
            double allowed = computed + rounding(type, Math.abs(expected[i]) + computed);
            if (!(error <= allowed)) {
                fail(reproduce + ": error " + error + " exceeds " + allowed + " at index " + i + ": " + actual[i]
                        + ", expected " + expected[i]);
            }
            worst = Math.max(worst, error / (1 + Math.abs(expected[i])));
        }
        return worst;
    }

    /** Checks float32 results. */
    public static double assertClose(double[] expected, float[] actual, double bound, String reproduce) {
        return assertClose(ElementType.FLOAT32, expected, Values.doubles(actual), bound, reproduce);
    }

    /** Checks that all bits are equal. All NaNs count as equal. */
    public static void assertSameBits(double[] expected, double[] actual, String reproduce) {
        if (expected.length != actual.length) {
            fail(reproduce + ": " + actual.length + " elements, expected " + expected.length);
        }
        for (int i = 0; i < expected.length; i++) {
            // doubleToLongBits maps all NaNs to one, and distinguishes -0 from 0.
            if (Double.doubleToLongBits(expected[i]) != Double.doubleToLongBits(actual[i])) {
                fail(reproduce + ": other bits at index " + i + ": " + actual[i] + ", expected " + expected[i] + " ("
                        + Double.toHexString(actual[i]) + ", expected " + Double.toHexString(expected[i]) + ")");
            }
        }
    }

    /** Checks that all bits are equal. All NaNs count as equal. */
    public static void assertSameBits(float[] expected, float[] actual, String reproduce) {
        assertSameBits(Values.doubles(expected), Values.doubles(actual), reproduce);
    }
}
