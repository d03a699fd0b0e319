package io.github.clnorm.internal.exact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sums in 128 bits against exact ones. */
class FixedSumsTest {

    private static BitRange range(double... values) {
        BitRange range = new BitRange();
        for (double value : values) {
            range.include(value);
        }
        return range;
    }

    @Test
    void sumsAndSumsOfSquaresAreThoseOfExactSums() {
        Random random = new Random(1);
        for (int repeat = 0; repeat < 300; repeat++) {
            int terms = 1 + random.nextInt(repeat % 10 == 0 ? 20_000 : 60);
            int scale = random.nextInt(600) - 300;
            double[] values = new double[terms];
            for (int i = 0; i < terms; i++) {
                double value = random.nextInt(9) == 0 ? 0 : random.nextGaussian();
                float rounded = (float) (repeat % 3 == 0 ? Math.abs(value) : value);
                values[i] = Math.scalb((double) rounded, scale);
            }
            FixedUnit unit = FixedUnit.of(range(values), terms);
            ExactSums expected = new ExactSums(2);
            ExactSums expectedSquares = new ExactSums(2);
            ExactSums actual = new ExactSums(2);
            ExactSums actualSquares = new ExactSums(2);
            FixedSums sums = new FixedSums(2);
            FixedSums squares = new FixedSums(2);
            long factor = random.nextLong() >>> 2 + random.nextInt(61);
            int fixed = 0;
            for (int i = 0; i < terms; i++) {
                expected.addProduct(i % 2, factor, values[i]);
                expectedSquares.addProduct(i % 2, factor, values[i], values[i]);
                long units = unit == null ? FixedUnit.NONE : unit.multiple(values[i]);
                if (units == FixedUnit.NONE) {
                    actual.addProduct(i % 2, factor, values[i]);
                    actualSquares.addProduct(i % 2, factor, values[i], values[i]);
                } else {
                    fixed++;
                    sums.add(i % 2, units);
                    squares.addSquare(i % 2, units);
                }
            }
            if (unit != null) {
                sums.addTo(actual, factor, unit, 1);
                squares.addTo(actualSquares, factor, unit, 2);
            }
            assertEquals(expected, actual);
            assertEquals(expectedSquares, actualSquares);
            assertTrue(fixed > 0.9 * terms, fixed + " of " + terms);
        }
    }

    @Test
    void theLargestMultiplesOfManyTermsFit() {
        long terms = 1 << 20;
        double largest = Math.nextDown(2.0);
        FixedUnit unit = FixedUnit.of(range(largest, 1), terms);
        assertNotEquals(FixedUnit.NONE, unit.multiple(2));
        for (double value : new double[] {2, -2}) {
            FixedSums sums = new FixedSums(1);
            FixedSums squares = new FixedSums(1);
            for (int i = 0; i < terms; i++) {
                sums.add(0, unit.multiple(value));
                squares.addSquare(0, unit.multiple(value));
            }
            ExactSums exact = new ExactSums(1);
            sums.addTo(exact, 3, unit, 1);
            assertEquals(3 * value * terms, exact.toDouble(0));
            exact = new ExactSums(1);
            squares.addTo(exact, 3, unit, 2);
            assertEquals(12.0 * terms, exact.toDouble(0));
        }
    }

    @Test
    void otherValuesAreNoMultiples() {
        FixedUnit unit = FixedUnit.of(range(1), 4);
        assertNotNull(unit);
        assertEquals(0, unit.multiple(-0.0));
        for (double value : new double[] {
            Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1e300, Double.MIN_VALUE, 0x1p-70, 1e-30
        }) {
            assertEquals(FixedUnit.NONE, unit.multiple(value), "" + value);
        }
        assertNull(FixedUnit.of(range(0), 4));
        assertNull(FixedUnit.of(range(1, 0x1p901), 4));
        assertNull(FixedUnit.of(range(0x1p-901), 4));
    }
}
