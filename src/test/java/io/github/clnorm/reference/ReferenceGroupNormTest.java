package io.github.clnorm.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.Values;
import org.junit.jupiter.api.Test;

class ReferenceGroupNormTest {

    @Test
    void aCaseByHand() {
        // Two groups of two channels with one position: (1, 3) and (10, 20); eps 0.
        float[] x = {1, 3, 10, 20};
        float[] weight = {1, 2, 3, 4};
        float[] bias = {0, 1, 0, -1};
        double[] y = new ReferenceGroupNorm(x, new long[] {1, 4, 1}, 2, weight, bias, 0).normalize();
        assertArrayEquals(new double[] {-1, 3, -3, 3}, y, 1e-15);
    }

    @Test
    void momentsAreExactFarFromZero() {
        float[] x = {16_777_215, 16_777_213, 16_777_215, 16_777_213};
        ReferenceGroupNorm.Moments moments = ReferenceGroupNorm.moments(x, 0, 4);
        assertEquals(16_777_214, moments.mean());
        assertEquals(1, moments.variance());
    }

    @Test
    void everyGroupComesOutWithMeanZeroAndVarianceOne() {
        float[] x = Values.normal(1, 3 * 8 * 50, 1000, 7);
        double[] y = new ReferenceGroupNorm(x, new long[] {3, 8, 10, 5}, 4, null, null, 0).normalize();
        for (int set = 0; set < 12; set++) {
            double sum = 0;
            double squares = 0;
            for (int i = set * 100; i < (set + 1) * 100; i++) {
                sum += y[i];
                squares += y[i] * y[i];
            }
            assertEquals(0, sum / 100, 1e-10);
            assertEquals(1, squares / 100, 1e-10);
        }
    }

    @Test
    void shiftingAndScalingTheInputChangesNothing() {
        float[] x = {1, 2, 4, 8, 16, 32};
        float[] moved = {5, 7, 11, 19, 35, 67};
        long[] shape = {1, 2, 3};
        assertArrayEquals(
                new ReferenceGroupNorm(x, shape, 1, null, null, 0).normalize(),
                new ReferenceGroupNorm(moved, shape, 1, null, null, 0).normalize(),
                1e-14);
    }

    @Test
    void nanWhereTheFormulaHasIt() {
        double[] y = new ReferenceGroupNorm(new float[] {1, 1, 2, Float.NaN}, new long[] {1, 4}, 2, null, null, 0).normalize();
        for (double value : y) {
            assertTrue(Double.isNaN(value));
        }
    }
}
