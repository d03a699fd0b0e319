package io.github.clnorm.tools.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.type.BrainFloat;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.HalfFloat;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** What passes, what fails, and what is reported. */
class CaseCheckTest {

    private static final Tolerance FLOAT32 = Tolerance.of(ElementType.FLOAT32);

    private final CaseCheck check = new CaseCheck(new Case("group_norm", ElementType.FLOAT32, "a case", (b, c) -> {}));

    private static double[] values(double... values) {
        return values;
    }

    @Test
    void whatIsCloseEnoughPasses() {
        check.close("output", values(1, -3, 0), values(1 + 7e-6, -3, 0), FLOAT32);
        assertNull(check.failure());
        assertEquals(3.5e-6, check.largestError(), 1e-12);
        assertEquals(4e-6, check.bound());
    }

    @Test
    void theWorstElementIsTold() {
        check.close("output", values(1, 1, 1), values(1.001, 1.003, 1.002), FLOAT32);
        assertEquals(1, check.failure().index());
        assertEquals(1.003, check.failure().value());
        assertEquals(1, check.failure().expected());
        assertTrue(
                check.failure()
                        .toString()
                        .startsWith("group_norm float32, a case: output[1] is 1.003, expected 1.0: error"),
                check.failure().toString());
    }

    @Test
    void ofSeveralResultsTheFirstIsTold() {
        check.close("output", values(1), values(2), FLOAT32);
        check.close("mean", values(1), values(200), FLOAT32);
        assertEquals("output", check.failure().what());
    }

    @Test
    void nanPassesOnlyWhereItIsExpected() {
        check.close("output", values(Double.NaN, 1), values(Double.NaN, 1), FLOAT32);
        assertNull(check.failure());
        assertEquals(0, check.largestError());
        check.close("output", values(1, 1, 1), values(1, Double.NaN, 5), FLOAT32);
        assertEquals(1, check.failure().index());
        assertEquals(Double.POSITIVE_INFINITY, check.largestError());
    }

    @Test
    void aNumberIsWrongWhereNanIsExpected() {
        check.close("output", values(Double.NaN), values(1), FLOAT32);
        assertEquals(0, check.failure().index());
    }

    @Test
    void infinityIsWrongUnlessItIsExpected() {
        check.close("output", values(Double.POSITIVE_INFINITY), values(Double.POSITIVE_INFINITY), FLOAT32);
        assertNull(check.failure());
        check.close("output", values(1e30), values(Double.POSITIVE_INFINITY), FLOAT32);
        assertEquals(0, check.failure().index());
    }

    @Test
    void anotherNumberOfElementsIsWrong() {
        check.close("mean", values(1, 2), values(1), FLOAT32);
        assertEquals("mean has 1 elements, expected 2", check.failure().what());
    }

    @Test
    void bits() {
        check.sameBits("output", values(0.1, Double.NaN), values(0.1, Double.NaN));
        assertNull(check.failure());
        check.sameBits("output", values(0), values(-0.0));
        assertEquals(0, check.failure().index());
    }

    @Test
    void whatTheExpectedValueMayBeOffIsNotCounted() {
        check.close("output", values(1), values(1 + 1e-3), FLOAT32.against((i, e) -> 1e-3));
        assertNull(check.failure());
        check.close("output", values(1), values(1 + 1.1e-3), FLOAT32.against((i, e) -> 1e-3));
        assertEquals(5e-5, check.failure().error(), 1e-12);
    }

    /** Terms that cancel leave an element that is no more exact than they are; it needs no larger one beside it. */
    @Test
    void gradientsOfParametersAreRelativeToTheirTerms() {
        double[] expected = values(-3);
        Tolerance tolerance = Tolerance.ofParameterGradient(ElementType.FLOAT32, ElementType.FLOAT32, 1000);
        check.close("grad_weight", expected, values(-3 + 0.019), tolerance);
        assertNull(check.failure());
        assertEquals(1.9e-5, check.largestError(), 1e-12);
        assertEquals(2e-5, check.bound());
        check.close("grad_weight", expected, values(-3 + 0.021), tolerance);
        assertEquals(0, check.failure().index());
        assertEquals(2.1e-5, check.failure().error(), 1e-12);
    }

    /** A large element does not excuse the error of another one. */
    @Test
    void eachGradientOfAParameterHasItsOwnTerms() {
        double[] expected = values(1000, 1);
        Tolerance tolerance = Tolerance.ofParameterGradient(ElementType.FLOAT32, ElementType.FLOAT32, 2000, 10);
        check.close("grad_weight", expected, values(1000.03, 1.00019), tolerance);
        assertNull(check.failure());
        check.close("grad_weight", expected, values(1000, 1.00021), tolerance);
        assertEquals(1, check.failure().index());
    }

    /** If all terms are 0, only 0 passes. */
    @Test
    void gradientsOfParametersWithoutTerms() {
        double[] zero = values(0, 0);
        Tolerance tolerance = Tolerance.ofParameterGradient(ElementType.FLOAT32, ElementType.FLOAT32, zero);
        check.close("grad_bias", zero, values(0, -0.0), tolerance);
        assertNull(check.failure());
        assertEquals(0, check.bound());
        check.close("grad_bias", zero, values(0, 1e-30), tolerance);
        assertEquals(1, check.failure().index());
    }

    @Test
    void gradientsInHalfPrecisionMayRoundOnce() {
        double[] expected = values(100, 1);
        Tolerance tolerance = Tolerance.ofParameterGradient(ElementType.FLOAT16, ElementType.FLOAT16, 100, 2);
        check.close("grad_weight", expected, values(100.03, 1), tolerance);
        assertNull(check.failure());
        check.close("grad_weight", expected, values(100.06, 1), tolerance);
        assertEquals(0, check.failure().index());
        assertEquals(2e-5 * (1 + 0x1p-11) + 0x1p-11 + 0x1p-25 / 2, check.bound(), 1e-12);
    }

    /** A result with the largest allowed error stays within the bound after one rounding, and not after two. */
    @Test
    void narrowTypesMayRoundOnce() {
        rounding(ElementType.FLOAT16, v -> HalfFloat.toFloat(HalfFloat.fromDouble(v)), 0x1p-11);
        rounding(ElementType.BFLOAT16, v -> BrainFloat.toFloat(BrainFloat.fromDouble(v)), 0x1p-8);
    }

    private static void rounding(ElementType type, DoubleUnaryOperator rounded, double unit) {
        Tolerance tolerance = Tolerance.of(type);
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 100_000; i++) {
            double expected = (random.nextDouble() - 0.5) * Math.pow(2, random.nextInt(-30, 8));
            double computed = expected + (1 + Math.abs(expected)) * Tolerance.FLOAT32 * (random.nextBoolean() ? 1 : -1);
            double error = Math.abs(rounded.applyAsDouble(computed) - expected) / (1 + Math.abs(expected));
            assertTrue(error <= tolerance.bound(i, expected), expected + " " + error);
        }
        assertTrue(2 * unit / 2 > tolerance.bound(0, 1), "two roundings pass");
    }
}
