package io.github.clnorm.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReferenceTest {

    private static final int[] CHANNEL_AXES = {1, -1};

    private static Reference.Values of(double... values) {
        return i -> values[i];
    }

    @Test
    void casesByHand() {
        // Two groups of two channels with one position: (1, 3) and (10, 20); eps 0.
        Reference group = Reference.groupNorm(new long[] {1, 4, 1}, 1, 2).eps(0);
        group.affine(new double[] {1, 2, 3, 4}, new double[] {0, 1, 0, -1});
        assertArrayEquals(new double[] {-1, 3, -3, 3}, group.normalize(of(1, 3, 10, 20)), 1e-15);
        // Two positions of two channels: (1, 5) and (2, 10) with channels last, (1, 2) and (5, 10) with channels first.
        assertArrayEquals(
                new double[] {-1, -1, 1, 1},
                Reference.instanceNorm(new long[] {1, 2, 2}, -1).eps(0).normalize(of(1, 2, 5, 10)),
                1e-15);
        assertArrayEquals(
                new double[] {-1, 1, -1, 1},
                Reference.instanceNorm(new long[] {1, 2, 2}, 1).eps(0).normalize(of(1, 2, 5, 10)),
                1e-15);
        // Two samples of two channels.
        assertArrayEquals(
                new double[] {-1, -1, 1, 1},
                Reference.batchNorm(new long[] {2, 2}, 1).eps(0).normalize(of(1, 2, 5, 10)),
                1e-15);
        assertArrayEquals(
                new double[] {-1, 1, -1, 1},
                Reference.layerNorm(new long[] {2, 2}, 2).eps(0).normalize(of(1, 2, 5, 10)),
                1e-15);
        assertArrayEquals(
                new double[] {3 / Math.sqrt(12.5), 4 / Math.sqrt(12.5), 0.6, 0.8},
                Reference.rmsNorm(new long[] {2, 2}, 2)
                        .eps(0)
                        .normalizeBy(
                                new Reference.Moments(new double[2], new double[2], new double[] {12.5, 25}),
                                of(3, 4, 3, 4)),
                1e-15);
    }

    @Test
    void momentsAreExactFarFromZero() {
        Reference.Moments moments =
                Reference.layerNorm(new long[] {4}, 4).moments(of(16_777_215, 16_777_213, 16_777_215, 16_777_213));
        assertEquals(16_777_214, moments.mean()[0]);
        assertEquals(1, moments.variance()[0]);
        // A third that float64 does not have either: what rounding takes from the mean is kept.
        double[] x = {1e4, 1e4 + 1, 1e4};
        moments = Reference.layerNorm(new long[] {3}, 3).moments(of(x));
        assertEquals(2.0 / 9, moments.variance()[0], 1e-16);
    }

    @Test
    void everyGroupComesOutWithMeanZeroAndVarianceOne() {
        double[] x = normal(1, 3 * 8 * 50, 1000, 7);
        for (int channelAxis : CHANNEL_AXES) {
            long[] shape = channelAxis == 1 ? new long[] {3, 8, 10, 5} : new long[] {3, 10, 5, 8};
            Reference reference = Reference.groupNorm(shape, channelAxis, 4).eps(0);
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
        Reference reference = Reference.groupNorm(new long[] {1, 2, 3}, 1, 1).eps(0);
        assertArrayEquals(
                reference.normalize(of(1, 2, 4, 8, 16, 32)), reference.normalize(of(5, 7, 11, 19, 35, 67)), 1e-14);
    }

    @Test
    void nanWhereTheFormulaHasIt() {
        double[] y = Reference.groupNorm(new long[] {1, 4}, 1, 2).eps(0).normalize(of(1, 1, 2, Double.NaN));
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
                reference.activation(Nonlinearity.RELU).normalizeBy(unit, of(v)),
                0);
        assertArrayEquals(
                new double[] {
                    -0.014835738939808646,
                    -0.23840584404423511,
                    -0.18877033439907272,
                    0,
                    0.7310585786300049,
                    2.3103545499468911,
                    3.9280551601516338
                },
                reference.activation(Nonlinearity.SILU).normalizeBy(unit, of(v)),
                2e-15);
        double[] gelu = reference.activation(Nonlinearity.GELU).normalizeBy(unit, of(v));
        assertArrayEquals(
                new double[] {
                    -5.9195258702261888e-09,
                    -0.045500263896358414,
                    -0.15426876936299345,
                    0,
                    0.84134474606854295,
                    2.4844758366855597,
                    3.9998733150326675
                },
                gelu,
                2e-15);
        assertEquals(-5.9195258702261888e-09, gelu[0], 1e-22);
        double[] tanh = reference.activation(Nonlinearity.GELU_TANH).normalizeBy(unit, of(v));
        assertArrayEquals(
                new double[] {
                    -8.4396467007622970837e-11,
                    -0.045402305912224981219,
                    -0.15428599017485607796,
                    0,
                    0.84119199060827670478,
                    2.4849157339100014179,
                    3.9999297540518076273
                },
                tanh,
                2e-15);
        assertEquals(-8.4396467007622970837e-11, tanh[0], 1e-24);
    }

    @Test
    void theSlopeOfGeluTanh() {
        double[][] expected = {
            {-6, -7.7099739309536955117e-10},
            {-2, -0.086099256623618381565},
            {0, 0.5},
            {1, 1.0829640838457825551},
            {4, 1.0003351231971226708}
        };
        for (double[] pair : expected) {
            assertEquals(pair[1], Nonlinearity.GELU_TANH.derivative(pair[0]), 2e-15);
        }
    }

    @Test
    void gradientsByHand() {
        // Whatever goes back to a set of two, eps being 0: its output is always -1 and 1.
        Reference pair = Reference.layerNorm(new long[] {1, 2}, 2).eps(0).affine(new double[] {3, 5}, null);
        Reference.Gradients gradients = pair.gradients(of(10, 14), of(0.5, -2));
        assertArrayEquals(new double[] {0, 0}, gradients.input(), 1e-15);
        assertArrayEquals(new double[] {-0.5, -2}, gradients.weight(), 1e-15);
        assertArrayEquals(new double[] {0.5, -2}, gradients.bias(), 1e-15);
        double rstd = 1 / Math.sqrt(12.5);
        gradients = Reference.rmsNorm(new long[] {1, 2}, 2).eps(0).gradients(of(3, 4), of(1, 0));
        assertArrayEquals(new double[] {0.64 * rstd, -0.48 * rstd}, gradients.input(), 1e-15);
        assertArrayEquals(new double[] {3 * rstd, 0}, gradients.weight(), 1e-15);
        // Given moments are constants.
        Reference.Moments given = new Reference.Moments(new double[] {1}, new double[1], new double[] {4});
        gradients = pair.gradientsBy(given, of(10, 14), of(0.5, -2));
        assertArrayEquals(new double[] {0.75, -5}, gradients.input(), 1e-15);
        assertArrayEquals(new double[] {2.25, -13}, gradients.weight(), 1e-15);
    }

    /** As PyTorch has it: the slope of relu is 0 at 0, and below. */
    @Test
    void reluPassesNothingBackAtZero() {
        Reference.Moments unit = new Reference.Moments(new double[1], new double[1], new double[] {1});
        Reference relu = Reference.layerNorm(new long[] {1, 3}, 3).eps(0).activation(Nonlinearity.RELU);
        assertArrayEquals(
                new double[] {0, 0, 7},
                relu.gradientsBy(unit, of(-1, 0, 1), of(5, 6, 7)).input(),
                0);
    }

    @Test
    void gradientsWithoutElementsAreZero() {
        Reference reference = Reference.groupNorm(new long[] {0, 2, 3}, 1, 1);
        Reference.Gradients gradients =
                reference.affine(new double[] {1, 2}, new double[2]).gradients(of(), of());
        assertEquals(0, gradients.input().length);
        assertArrayEquals(new double[2], gradients.weight());
        assertArrayEquals(new double[2], gradients.bias());
    }

    /** The losses are of about 10 and the step is 2^-17: rounding and the third derivative are off by some 1e-9. */
    @Test
    void gradientsAreTheLimitsOfDifferences() {
        for (Nonlinearity activation : Nonlinearity.values()) {
            for (int channelAxis : CHANNEL_AXES) {
                long[] shape = channelAxis == 1 ? new long[] {3, 4, 5} : new long[] {3, 5, 4};
                differences(Reference.groupNorm(shape, channelAxis, 2).activation(activation), 6, 4);
                differences(Reference.instanceNorm(shape, channelAxis).activation(activation), 12, 4);
                differences(Reference.batchNorm(shape, channelAxis).activation(activation), 4, 4);
            }
            differences(Reference.layerNorm(new long[] {5, 3, 4}, 3, 4).activation(activation), 5, 12);
            differences(Reference.rmsNorm(new long[] {5, 3, 4}, 3, 4).activation(activation), 5, 12);
        }
    }

    /** Of an input of 60 elements. */
    private static void differences(Reference reference, int sets, int parameters) {
        double[] x = normal(1, 60, 1, 2);
        double[] dy = normal(2, 60, 0, 1);
        double[] gamma = normal(3, parameters, 1, 0.5);
        double[] beta = normal(4, parameters, 0, 1);
        reference.affine(gamma, beta);
        compare(reference.gradients(of(x), of(dy)), x, gamma, beta, () -> loss(dy, reference.normalize(of(x))));
        Reference.Moments given = new Reference.Moments(normal(5, sets, 1, 1), new double[sets], constant(sets, 3));
        compare(
                reference.gradientsBy(given, of(x), of(dy)),
                x,
                gamma,
                beta,
                () -> loss(dy, reference.normalizeBy(given, of(x))));
    }

    private static void compare(
            Reference.Gradients gradients, double[] x, double[] gamma, double[] beta, DoubleSupplier loss) {
        assertArrayEquals(differences(x, loss), gradients.input(), 1e-8);
        assertArrayEquals(differences(gamma, loss), gradients.weight(), 1e-8);
        assertArrayEquals(differences(beta, loss), gradients.bias(), 1e-8);
    }

    private static double[] normal(long seed, int count, double mean, double std) {
        SplittableRandom random = new SplittableRandom(seed);
        return DoubleStream.generate(() -> random.nextGaussian(mean, std))
                .limit(count)
                .toArray();
    }

    private static double[] constant(int count, double value) {
        double[] values = new double[count];
        Arrays.fill(values, value);
        return values;
    }

    private static double loss(double[] dy, double... y) {
        return IntStream.range(0, y.length).mapToDouble(i -> dy[i] * y[i]).sum();
    }

    private static double[] differences(double[] values, DoubleSupplier loss) {
        double step = 0x1p-17;
        double[] gradient = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            double value = values[i];
            values[i] = value + step;
            gradient[i] = loss.getAsDouble();
            values[i] = value - step;
            gradient[i] = (gradient[i] - loss.getAsDouble()) / (2 * step);
            values[i] = value;
        }
        return gradient;
    }
}
