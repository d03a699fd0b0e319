package io.github.clnorm.type;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Every bfloat16, and the rounding to it, against a search among its values. */
class BrainFloatTest {

    private static final Rounding ROUNDING = new Rounding(8, 7);
    private static final int RANDOM_VALUES = 60_000;

    private static void assertNearest(double value) {
        int expected = ROUNDING.nearest(value);
        int actual = BrainFloat.fromDouble(value) & 0xffff;
        assertEquals(
                expected,
                actual,
                () -> value + " becomes " + Integer.toHexString(actual) + ", expected "
                        + Integer.toHexString(expected));
    }

    @Test
    void everyOneHasItsValueAndComesBack() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float value = BrainFloat.toFloat((short) bits);
            double magnitude = ROUNDING.magnitude(bits & 0x7fff);
            if (Double.isNaN(magnitude)) {
                assertTrue(Float.isNaN(value), Integer.toHexString(bits));
                assertTrue(Float.isNaN(BrainFloat.toFloat(BrainFloat.fromDouble(value))), Integer.toHexString(bits));
                continue;
            }
            double expected = bits < 0x8000 ? magnitude : -magnitude;
            // By bits: -0 is not 0.
            assertEquals(Double.doubleToLongBits(expected), Double.doubleToLongBits(value), Integer.toHexString(bits));
            assertEquals(bits, BrainFloat.fromDouble(value) & 0xffff);
        }
    }

    @Test
    void tiesGoToTheEvenOneAndTheirNeighboursToTheNearest() {
        for (int bits = 0; bits < ROUNDING.infinity(); bits++) {
            double tie = ROUNDING.tieAbove(bits);
            for (double value : new double[] {Math.nextDown(tie), tie, Math.nextUp(tie)}) {
                assertNearest(value);
                assertNearest(-value);
            }
            // The neighbouring floats, too: a first rounding to float must not show.
            assertNearest(Math.nextDown((float) tie));
            assertNearest(Math.nextUp((float) tie));
            assertEquals(bits + bits % 2, BrainFloat.fromDouble(tie) & 0xffff);
        }
    }

    @Test
    void randomValuesGoToTheNearest() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < RANDOM_VALUES; i++) {
            // All magnitudes of the format, and some beyond both ends.
            int exponent = random.nextInt(-138, 130);
            double value = Math.scalb(1 + random.nextDouble(), exponent);
            assertNearest(random.nextBoolean() ? value : -value);
        }
    }

    @Test
    void anyBitsOfADoubleGoToTheNearest() {
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < RANDOM_VALUES; i++) {
            double value = Double.longBitsToDouble(random.nextLong());
            if (!Double.isNaN(value)) {
                assertNearest(value);
            }
        }
    }

    @Test
    void theEdgesOfDoubleAndFloat() {
        double[] values = {
            0,
            Double.MIN_VALUE,
            Double.MIN_NORMAL,
            Double.MAX_VALUE,
            Float.MIN_VALUE,
            Float.MIN_NORMAL,
            Float.MAX_VALUE,
            Math.nextUp((double) Float.MAX_VALUE),
            0x1.ffffff8p127,
            Double.POSITIVE_INFINITY
        };
        for (double value : values) {
            assertNearest(value);
            assertNearest(-value);
        }
        assertTrue(Float.isNaN(BrainFloat.toFloat(BrainFloat.fromDouble(Double.NaN))));
    }
}
