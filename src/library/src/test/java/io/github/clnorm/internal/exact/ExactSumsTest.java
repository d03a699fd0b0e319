package io.github.clnorm.internal.exact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Exact sums against BigDecimal, in random orders and divisions. */
class ExactSumsTest {

    /** factor · a · b. */
    private record Term(long factor, double a, double b) {

        void addTo(ExactSums sums) {
            if (b != 1) {
                sums.addProduct(0, factor, a, b);
            } else if (factor != 1) {
                sums.addProduct(0, factor, a);
            } else {
                sums.add(0, a);
            }
        }

        ExactSums alone() {
            ExactSums sums = new ExactSums(1);
            addTo(sums);
            return sums;
        }

        BigDecimal exact() {
            return new BigDecimal(a).multiply(new BigDecimal(b)).multiply(BigDecimal.valueOf(factor));
        }
    }

    /** Any finite double, a float, or one near 1. */
    private static double value(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> {
                double any = Double.longBitsToDouble(random.nextLong());
                yield Double.isFinite(any) ? any : Double.MIN_VALUE;
            }
            case 1 -> (float) random.nextGaussian();
            case 2 -> Math.scalb(random.nextGaussian(), random.nextInt(200) - 100);
            default -> random.nextGaussian();
        };
    }

    private static Term term(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> new Term(1, value(random), 1);
            case 1 -> new Term(random.nextLong() >>> 23 + random.nextInt(41), value(random), 1);
            default -> new Term(random.nextLong() >>> 23 + random.nextInt(41), value(random), value(random));
        };
    }

    /** Merges two of the parts at a time, chosen at random, until one is left. */
    private static ExactSums merged(List<ExactSums> parts, Random random) {
        List<ExactSums> left = new ArrayList<>(parts);
        while (left.size() > 1) {
            ExactSums first = left.remove(random.nextInt(left.size()));
            ExactSums second = left.remove(random.nextInt(left.size()));
            left.add(random.nextBoolean() ? first.plus(second) : second.plus(first));
        }
        return left.get(0);
    }

    private static void assertValue(BigDecimal expected, ExactSums sums, String reproduce) {
        assertEquals(expected.doubleValue(), sums.toDouble(0), reproduce);
        assertEquals(expected.floatValue(), sums.toFloat(0), reproduce);
        BigDecimal value = new BigDecimal(sums.toInteger(0));
        BigDecimal unit = new BigDecimal(BigInteger.ONE.shiftLeft(Math.abs(sums.exponent())));
        assertEquals(
                0, (sums.exponent() < 0 ? value.divide(unit) : value.multiply(unit)).compareTo(expected), reproduce);
    }

    @Test
    void sumsOfAnyTermsAreExactInEachTreeOfAdditions() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            List<Term> terms = new ArrayList<>();
            BigDecimal expected = BigDecimal.ZERO;
            int count = 1 + random.nextInt(30);
            for (int i = 0; i < count; i++) {
                Term term = term(random);
                terms.add(term);
                expected = expected.add(term.exact());
                if (random.nextInt(3) == 0) {
                    // The sum cancels, and may become 0.
                    terms.add(new Term(term.factor, -term.a, term.b));
                    expected = expected.subtract(term.exact());
                }
            }
            ExactSums inOrder = new ExactSums(1);
            terms.forEach(term -> term.addTo(inOrder));
            assertValue(expected, inOrder, "seed " + seed);
            for (int tree = 0; tree < 5; tree++) {
                Collections.shuffle(terms, random);
                List<ExactSums> parts = new ArrayList<>(List.of(new ExactSums(1)));
                for (Term term : terms) {
                    if (random.nextBoolean()) {
                        parts.add(term.alone());
                    } else {
                        term.addTo(parts.get(parts.size() - 1));
                    }
                }
                ExactSums sum = merged(parts, random);
                assertEquals(inOrder, sum, "seed " + seed + ", tree " + tree);
                assertEquals(inOrder.hashCode(), sum.hashCode());
                assertValue(expected, sum, "seed " + seed + ", tree " + tree);
            }
        }
    }

    @Test
    void largestAndSmallestProductsAreExact() {
        for (double a : new double[] {Double.MAX_VALUE, Double.MIN_VALUE, -Double.MIN_NORMAL, Math.nextDown(1.0)}) {
            for (double b : new double[] {Double.MAX_VALUE, Double.MIN_VALUE, -Math.nextUp(1.0)}) {
                for (long factor : new long[] {0, 1, 3, 1L << 40, ExactSums.LARGEST_FACTOR}) {
                    Term term = new Term(factor, a, b);
                    assertValue(term.exact(), term.alone(), term.toString());
                    Term one = new Term(factor, a, 1);
                    assertValue(one.exact(), one.alone(), one.toString());
                }
            }
        }
    }

    @Test
    void aSumDoublesBeyondItsWindow() {
        ExactSums positive = new ExactSums(1);
        positive.add(0, Math.nextDown(1.0));
        ExactSums negative = new ExactSums(1);
        negative.add(0, -Math.nextDown(1.0));
        BigDecimal expected = new BigDecimal(Math.nextDown(1.0));
        for (int i = 0; i < 300; i++) {
            positive = positive.plus(positive);
            negative = negative.plus(negative);
            expected = expected.add(expected);
            assertValue(expected, positive, "doubled " + i + " times");
            assertValue(expected.negate(), negative, "doubled " + i + " times");
        }
        assertEquals(0, positive.plus(negative).toDouble(0));
        assertEquals(new ExactSums(1), positive.plus(negative));
    }

    @Test
    void termsThatExceedTheHeadroomStayExact() {
        ExactSums sums = new ExactSums(1);
        BigDecimal expected = BigDecimal.ZERO;
        for (int i = 0; i < 40; i++) {
            double term = i % 2 == 0 ? 0x1.fffffffffffffp61 : 0x1.fffffffffffffp60;
            sums.add(0, term);
            expected = expected.add(new BigDecimal(term));
            assertValue(expected, sums, i + " terms");
        }
        for (int i = 0; i < 80; i++) {
            sums.add(0, -0x1.fffffffffffffp61);
            expected = expected.subtract(new BigDecimal(0x1.fffffffffffffp61));
            assertValue(expected, sums, i + " terms subtracted");
        }
    }

    @Test
    void roundsTiesToEvenAndSubnormalsOnce() {
        double[][] sums = {
            {1, 0x1p-53},
            {1, 0x1p-53, 0x1p-1074},
            {1, 0x1.8p-52, 0x1p-53},
            {1, 0x1p-24},
            {1, 0x1p-24, 0x1p-200},
            {0x1p-149, 0x1p-150},
            {0x1p-150},
            {0x1p-150, 0x1p-1000},
            {0x1p-151},
            {Float.MAX_VALUE, 0x1p103},
            {Float.MAX_VALUE, 0x1p102},
            {Double.MAX_VALUE, 0x1p970},
            {Double.MAX_VALUE, 0x1p969},
            {Float.MIN_NORMAL, -0x1p-151},
            {-1, -0x1p-53, -0x1p-80},
            {Double.MIN_VALUE},
            {Double.MIN_NORMAL, -Double.MIN_VALUE}
        };
        for (double[] terms : sums) {
            ExactSums sum = new ExactSums(1);
            BigDecimal expected = BigDecimal.ZERO;
            for (double term : terms) {
                sum.add(0, term);
                expected = expected.add(new BigDecimal(term));
            }
            assertValue(expected, sum, expected.toString());
        }
        // Of half the smallest double, a tie, and of a little more.
        ExactSums half = new ExactSums(1);
        half.addProduct(0, 1, Double.MIN_VALUE, 0.5);
        assertEquals(0, half.toDouble(0));
        half.addProduct(0, 1, Double.MIN_VALUE, 0x1p-60);
        assertEquals(Double.MIN_VALUE, half.toDouble(0));
    }

    @Test
    void quotientsAreRoundedOnce() {
        for (int seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            BigInteger numerator = new BigInteger(1 + random.nextInt(300), random).add(BigInteger.ONE);
            BigInteger denominator = new BigInteger(1 + random.nextInt(200), random).add(BigInteger.ONE);
            int exponent = random.nextInt(2400) - 1300;
            double value = Fraction.toDouble(numerator, denominator, exponent);
            assertNearest(numerator, denominator, exponent, value, "seed " + seed);
            assertEquals(-value, Fraction.toDouble(numerator.negate(), denominator, exponent), "seed " + seed);
        }
        // A tie, which goes to the even number, and one that the remainder decides.
        assertEquals(1, Fraction.toDouble(BigInteger.ONE.shiftLeft(53).add(BigInteger.ONE), BigInteger.ONE, -53));
        assertEquals(
                Math.nextUp(1.0),
                Fraction.toDouble(
                        BigInteger.ONE
                                .shiftLeft(53)
                                .add(BigInteger.ONE)
                                .multiply(BigInteger.valueOf(3).shiftLeft(200))
                                .add(BigInteger.ONE),
                        BigInteger.valueOf(3).shiftLeft(200),
                        -53));
    }

    /** Checks that no other double is nearer to numerator / denominator · 2^exponent, without a division. */
    private static void assertNearest(
            BigInteger numerator, BigInteger denominator, int exponent, double value, String reproduce) {
        if (Double.isInfinite(value)) {
            BigInteger limit = new BigDecimal(Double.MAX_VALUE).toBigInteger().add(BigInteger.ONE.shiftLeft(970));
            BigInteger largest = limit.multiply(denominator).shiftLeft(1400);
            assertTrue(scaled(numerator, exponent, 1400).compareTo(largest) >= 0, reproduce);
            return;
        }
        BigInteger error = error(numerator, denominator, exponent, value);
        for (double other : new double[] {Math.nextUp(value), Math.nextDown(value)}) {
            if (Double.isFinite(other)) {
                int order = error.compareTo(error(numerator, denominator, exponent, other));
                assertTrue(order < 0 || order == 0 && (Double.doubleToRawLongBits(value) & 1) == 0, reproduce);
            }
        }
    }

    /** |numerator · 2^exponent - value · denominator|, in units of 2^-1400. */
    private static BigInteger error(BigInteger numerator, BigInteger denominator, int exponent, double value) {
        BigInteger exact = new BigDecimal(value)
                .multiply(new BigDecimal(BigInteger.ONE.shiftLeft(1400)))
                .toBigIntegerExact();
        return scaled(numerator, exponent, 1400)
                .subtract(exact.multiply(denominator))
                .abs();
    }

    private static BigInteger scaled(BigInteger value, int exponent, int units) {
        return value.shiftLeft(units + exponent);
    }

    @Test
    void infinitiesAndNanAreThoseOfIeeeSums() {
        double inf = Double.POSITIVE_INFINITY;
        double nan = Double.NaN;
        double[][] all = {{inf}, {-inf}, {nan}, {1, inf}, {inf, -1e300, inf}, {inf, -inf}, {-inf, nan}, {inf, -inf, inf}
        };
        for (double[] terms : all) {
            double expected = 0;
            ExactSums sum = new ExactSums(1);
            ExactSums merged = new ExactSums(1);
            for (double term : terms) {
                expected += term;
                sum.add(0, term);
                merged = new Term(1, term, 1).alone().plus(merged);
            }
            assertEquals(expected, sum.toDouble(0));
            assertEquals((float) expected, sum.toFloat(0));
            assertEquals(expected, sum.notFinite(0));
            assertEquals(sum, merged);
            sum.add(0, 5);
            assertEquals(expected, sum.toDouble(0));
        }
        ExactSums products = new ExactSums(1);
        products.addProduct(0, 3, inf, -2);
        assertEquals(-inf, products.toDouble(0));
        products.addProduct(0, 3, inf, 0);
        assertEquals(nan, products.toDouble(0));
        ExactSums none = new ExactSums(1);
        none.addProduct(0, 0, inf);
        assertEquals(nan, none.toDouble(0), "0 times infinity");
    }

    @Test
    void sumsOfAnArrayDoNotTouchTheirNeighbours() {
        int count = 57;
        Random random = new Random(4);
        ExactSums many = new ExactSums(count);
        ExactSums[] alone = new ExactSums[count];
        for (int i = 0; i < count; i++) {
            alone[i] = new ExactSums(1);
        }
        for (int i = 0; i < 3000; i++) {
            int sum = random.nextInt(count);
            double value = i % 100 == 0 && sum % 7 == 0 ? Double.POSITIVE_INFINITY : value(random);
            many.addProduct(sum, i, value, sum - 20);
            alone[sum].addProduct(0, i, value, sum - 20);
        }
        ExactSums twice = many.plus(many);
        for (int i = 0; i < count; i++) {
            assertEquals(alone[i].toDouble(0), many.toDouble(i));
            assertEquals(alone[i].plus(alone[i]).toDouble(0), twice.toDouble(i));
        }
        assertThrows(IllegalArgumentException.class, () -> many.plus(alone[0]));
        ExactSums copy = many.copy();
        copy.add(3, 1e-300);
        assertNotEquals(many, copy);
        assertNotEquals(many, new ExactSums(count));
    }

    @Test
    void reservingDoesNotChangeSums() {
        ExactSums reserved = new ExactSums(2);
        reserved.reserve(-2000, 1500);
        ExactSums plain = new ExactSums(2);
        for (ExactSums sums : List.of(reserved, plain)) {
            sums.add(0, -1e-200);
            sums.add(1, 1e200);
        }
        assertEquals(plain, reserved);
        assertEquals(reserved, plain);
        assertEquals(plain.hashCode(), reserved.hashCode());
        assertEquals(-1e-200, reserved.toDouble(0));
    }

    @Test
    void aRangeOfBitsIsThatOfItsValues() {
        BitRange range = new BitRange();
        for (double value : new double[] {0, -0.0, Double.NaN, Double.POSITIVE_INFINITY}) {
            range.include(value);
        }
        assertTrue(range.isEmpty());
        range.include(-6);
        assertEquals(1, range.lowest());
        assertEquals(2, range.highest());
        range.include(0x1.0000000000001p3);
        assertEquals(-49, range.lowest());
        assertEquals(3, range.highest());
        range.include(Double.MIN_VALUE);
        assertEquals(-1074, range.lowest());
        assertEquals(40, BitRange.bits((1L << 40) - 1));
    }
}
