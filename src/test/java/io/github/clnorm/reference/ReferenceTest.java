package io.github.clnorm.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Layout;
import org.junit.jupiter.api.Test;

class ReferenceTest {

    private static final Layout FIRST = Layout.CHANNELS_FIRST;
    private static final Layout LAST = Layout.CHANNELS_LAST;

    private static Reference.Values of(double... values) {
        return i -> values[i];
    }

    @Test
    void casesByHand() {
        // Two groups of two channels with one position: (1, 3) and (10, 20); eps 0.
        Reference group = Reference.groupNorm(new long[] {1, 4, 1}, FIRST, 2).eps(0);
        group.affine(new double[] {1, 2, 3, 4}, new double[] {0, 1, 0, -1});
        assertArrayEquals(new double[] {-1, 3, -3, 3}, group.normalize(of(1, 3, 10, 20)), 1e-15);
        // Two positions of two channels: (1, 5) and (2, 10) with channels last, (1, 2) and (5, 10) with channels first.
        assertArrayEquals(
                new double[] {-1, -1, 1, 1},
                Reference.instanceNorm(new long[] {1, 2, 2}, LAST).eps(0).normalize(of(1, 2, 5, 10)),
                1e-15);
        assertArrayEquals(
                new double[] {-1, 1, -1, 1},
                Reference.instanceNorm(new long[] {1, 2, 2}, FIRST).eps(0).normalize(of(1, 2, 5, 10)),
                1e-15);
        // Two samples of two channels.
        assertArrayEquals(
                new double[] {-1, -1, 1, 1},
                Reference.batchNorm(new long[] {2, 2}, FIRST).eps(0).normalize(of(1, 2, 5, 10)),
                1e-15);
        assertArrayEquals(
                new double[] {-1, 1, -1, 1},
                Reference.layerNorm(new long[] {2, 2}, 2).eps(0).normalize(of(1, 2, 5, 10)),
                1e-15);
        assertArrayEquals(
                new double[] {3 / Math.sqrt(12.5), 4 / Math.sqrt(12.5), 0.6, 0.8},
                Reference.rmsNorm(new long[] {2, 2}, 2).eps(0).normalizeBy(
                        new Reference.Moments(new double[2], new double[2], new double[] {12.5, 25}), of(3, 4, 3, 4)),
                1e-15);
    }

    @Test
    void momentsAreExactFarFromZero() {
        Reference.Moments moments = Reference.layerNorm(new long[] {4}, 4)
                .moments(of(16_777_215, 16_777_213, 16_777_215, 16_777_213));
        assertEquals(16_777_214, moments.mean()[0]);
        assertEquals(1, moments.variance()[0]);
        // A third that float64 does not have either: what rounding takes from the mean is kept.
        double[] x = {1e4, 1e4 + 1, 1e4};
        moments = Reference.layerNorm(new long[] {3}, 3).moments(of(x));
        assertEquals(2.0 / 9, moments.variance()[0], 1e-16);
    }

    @Test
    void everyGroupComesOutWithMeanZeroAndVarianceOne() {
        float[] x = Values.normal(1, 3 * 8 * 50, 1000, 7);
        for (Layout layout : Layout.values()) {
            long[] shape = layout == FIRST ? new long[] {3, 8, 10, 5} : new long[] {3, 10, 5, 8};
            Reference reference = Reference.groupNorm(shape, layout, 4).eps(0);
            double[] y = reference.normalize(i -> x[i]);
            Reference.Moments after = reference.moments(i -> y[i]);
            for (int set = 0; set < 12; set++) {
                assertEquals(0, after.mean()[set], 1e-12);
                assertEquals(1, after.variance()[set], 1e-12);
            }
        }
    }

    @Test
    void shiftingAndScalingTheInputChangesNothing() {
        Reference reference = Reference.groupNorm(new long[] {1, 2, 3}, FIRST, 1).eps(0);
        assertArrayEquals(
                reference.normalize(of(1, 2, 4, 8, 16, 32)), reference.normalize(of(5, 7, 11, 19, 35, 67)), 1e-14);
    }

    @Test
    void nanWhereTheFormulaHasIt() {
        double[] y = Reference.groupNorm(new long[] {1, 4}, FIRST, 2).eps(0).normalize(of(1, 1, 2, Double.NaN));
        for (double value : y) {
            assertTrue(Double.isNaN(value));
        }
    }

    /** Values of Φ and of the functions from tables with more digits. */
    @Test
    void activations() {
        Reference.Moments unit = new Reference.Moments(new double[1], new double[1], new double[] {1});
        double[] v = {-6, -2, -0.5, 0, 1, 2.5, 4};
        Reference reference = Reference.layerNorm(new long[] {7}, 7).eps(0);
        assertArrayEquals(
                new double[] {0, 0, 0, 0, 1, 2.5, 4},
                reference.activation(Activation.RELU).normalizeBy(unit, of(v)),
                0);
        assertArrayEquals(
                new double[] {-0.014835738939808646, -0.23840584404423511, -0.18877033439907272, 0,
                    0.7310585786300049, 2.3103545499468911, 3.9280551601516338},
                reference.activation(Activation.SILU).normalizeBy(unit, of(v)),
                2e-15);
        double[] gelu = reference.activation(Activation.GELU).normalizeBy(unit, of(v));
        assertArrayEquals(
                new double[] {-5.9195258702261888e-09, -0.045500263896358414, -0.15426876936299345, 0,
                    0.84134474606854295, 2.4844758366855597, 3.9998733150326675},
                gelu,
                2e-15);
        assertEquals(-5.9195258702261888e-09, gelu[0], 1e-22);
    }
}
