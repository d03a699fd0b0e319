package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;

/** The error bound, where others went wrong: large means, outliers, large sets, the ends of the range of float. */
@Tag("slow")
@Tag("device")
@Tag("conformance")
class AccuracyTest {

    private static double check(Backend backend, String what, float[] x, long[] shape, long groups, double eps) {
        return check(backend, what, Operation.groupNorm(Layout.CHANNELS_FIRST, groups, shape), x, eps);
    }

    private static double check(Backend backend, String what, Operation operation, float[] x, double eps) {
        Trial trial = Trial.of(operation, x).eps((float) eps);
        return trial.check(
                trial.run(backend.session()),
                what + ": " + trial + " on " + backend.device().description());
    }

    /** The same values as one set along a row, as channels in many rows, across a batch, and as a row of LayerNorm. */
    private static void checkAll(Backend backend, String what, float[] x, double eps) {
        int half = x.length / 2;
        float[] even = Arrays.copyOf(x, 2 * half);
        check(backend, what, Operation.groupNorm(Layout.CHANNELS_FIRST, 1, 1, 1, x.length), x, eps);
        check(backend, what, Operation.groupNorm(Layout.CHANNELS_LAST, 2, 1, half, 2), even, eps);
        check(backend, what, Operation.batchNorm(Layout.CHANNELS_FIRST, 2, 1, half), even, eps);
        check(backend, what, Operation.batchNorm(Layout.CHANNELS_LAST, 1, half, 2), even, eps);
        check(backend, what, Operation.rmsNorm(new long[] {x.length}, x.length), x, eps);
    }

    private static double check(Backend backend, String what, float[] x) {
        return check(backend, what, x, new long[] {1, 1, x.length}, 1, 1e-5);
    }

    @OnEveryDevice
    void meansFarFromZero(Backend backend) {
        for (double mean : new double[] {0, 1, -100, 1e4, -1e4}) {
            checkAll(backend, "mean " + mean, Values.normal(7, 5000, mean, 1), 1e-5);
            check(backend, "mean " + mean, Values.normal(8, 200_001, mean, 1));
        }
        // Others' failures: variance 0 (pytorch 40302), 4 channels at 2000 (pytorch 51102), NaN rows (mlx 2238).
        check(backend, "100 + 0.01 randn", Values.normal(9, 32_768, 100, 0.01));
        check(backend, "mean 2000", Values.normal(10, 2 * 4 * 9, 2000, 1), new long[] {2, 4, 9}, 4, 1e-5);
        check(backend, "mean 1449, std 0.4", Values.normal(11, 64 * 512, 1449, 0.4), new long[] {64, 1, 512}, 1, 1e-5);
    }

    /** The pivot of a block of fewer than 64 elements is rounded; its error must not leave the range of float. */
    @OnEveryDevice
    void smallConstants(Backend backend) {
        int[] exponents = TestDevices.isSlow(backend)
                ? new int[] {-20, -13}
                : new int[] {-40, -27, -20, -18, -15, -13, -11, -9, 0};
        for (int count : new int[] {3, 5, 40, 63, 65, 1000}) {
            for (int exponent : exponents) {
                float value = (float) Math.scalb(-1.6, exponent);
                float[] x = Values.constant(count, value);
                checkAll(backend, count + " times " + value, x, 1e-5);
                // The last element differs by one ulp.
                x[count - 1] = Math.nextUp(value);
                checkAll(backend, count + " times about " + value, x, 1e-5);
                checkAll(backend, count + " times about " + value, x, 0x1p-100);
            }
        }
    }

    @OnEveryDevice
    void anOutlierAsTheFirstElement(Backend backend) {
        for (int count : new int[] {2, 64, 65, 1024, 5000, 300_000}) {
            for (float outlier : new float[] {1e4f, -3e6f, 1e12f}) {
                float[] x = Values.normal(count, count, 0, 1);
                x[0] = outlier;
                check(backend, "first element " + outlier, x);
                if (count > 2 && count <= 5000) {
                    checkAll(backend, "first element " + outlier, x, 1e-5);
                }
            }
        }
    }

    @OnEveryDevice
    void aFirstBlockFarFromAllOthers(Backend backend) {
        float[] x = Values.normal(3, 600_000, 0, 1);
        for (int i = 0; i < 1024; i++) {
            x[i] += 1e4f;
        }
        check(backend, "first block at 1e4", x);
    }

    /** The rows that a column's pivot is taken of are all unlike the others: equal deviations round the same way. */
    @OnEveryDevice
    void firstRowsFarFromAllOthers(Backend backend) {
        for (float step : new float[] {1e3f, 1e6f, -1e12f, 1e25f}) {
            float[] x = Values.normal(4, 2 * 700, 0, 1);
            for (int row = 0; row < 700; row += 128) {
                for (int i = 2 * row; i < Math.min(x.length, 2 * row + 2 * 16); i++) {
                    x[i] += step;
                }
            }
            check(backend, "steps of " + step, Operation.groupNorm(Layout.CHANNELS_LAST, 2, 1, 700, 2), x, 1e-5);
            float[] wide = new float[64 * 700];
            for (int i = 0; i < wide.length; i++) {
                wide[i] = x[i / 64 * 2 + i % 2];
            }
            check(backend, "steps of " + step, Operation.instanceNorm(Layout.CHANNELS_LAST, 1, 700, 64), wide, 1e-5);
        }
    }

    @OnEveryDevice
    void firstElementsFarFromAllOthers(Backend backend) {
        for (float step : new float[] {1e3f, 1e6f, -1e12f}) {
            for (int count : new int[] {1024, 1000, 5000}) {
                float[] x = Values.normal(count, count, 0, 1);
                for (int i = 0; i < 64; i++) {
                    x[i] += step;
                }
                check(backend, "first 64 elements at " + step, x);
            }
        }
    }

    /** Their sums alone leave the range of float; their differences do not. */
    @OnEveryDevice
    void theLargestFiniteValues(Backend backend) {
        float[] x = Values.normal(6, 1400, 0, 1);
        for (int i = 0; i < x.length; i++) {
            x[i] = x[i] > 0 ? 0.45f * Float.MAX_VALUE : x[i] > -1 ? 0.4f * Float.MAX_VALUE : -0.45f * Float.MAX_VALUE;
        }
        checkAll(backend, "the largest values", x, 1e-5);
        float[] alike = Values.constant(1400, Float.MAX_VALUE);
        checkAll(backend, "the largest value", alike, 1e-5);
    }

    @OnEveryDevice
    void setsAroundTheLaneAndBlockSizes(Backend backend) {
        int[] sizes = {
            1, 2, 3, 15, 16, 17, 63, 64, 65, 127, 128, 1023, 1024, 1025, 2047, 2048, 2049, 4095, 4096, 4097, 65_535,
            65_536, 65_537
        };
        for (int size : sizes) {
            float[] x = Values.normal(size, 3 * size, 50, 3);
            check(backend, "set of " + size, x, new long[] {3, 1, size}, 1, 1e-5);
            check(backend, "set of " + size, Operation.instanceNorm(Layout.CHANNELS_LAST, 1, size, 3), x, 1e-5);
            check(backend, "set of " + size + ", a parameter an element", x, new long[] {3, size}, 1, 1e-5);
        }
    }

    @OnEveryDevice
    void aSetOfSixteenMillionElements(Backend backend) {
        check(
                backend,
                "2^24 elements, mean 1e4",
                Values.normal(24, 1 << 24, 1e4, 1),
                new long[] {1, 2, 4096, 2048},
                1,
                1e-5);
    }

    @OnEveryDevice
    void moreThan65535Sets(Backend backend) {
        check(backend, "70,001 sets", Values.normal(5, 70_001 * 3, 2, 1), new long[] {70_001, 3}, 1, 1e-5);
        check(backend, "140,002 sets", Values.normal(6, 70_001 * 8, 2, 1), new long[] {70_001, 2, 2, 2}, 2, 1e-5);
    }

    @OnEveryDevice
    void aSetOfOneElementGivesExactlyTheBias(Backend backend) {
        float[] x = {3.7f, -1e30f, 0.1f, 1e-30f, 12345.678f, -0f};
        float[] weight = {2, 3, 5};
        float[] bias = {0.25f, -7, 1e-3f};
        PlanRun run = Trial.of(Operation.groupNorm(Layout.CHANNELS_FIRST, 3, 2, 3, 1), x)
                .affine(ElementType.FLOAT32, Values.doubles(weight), Values.doubles(bias))
                .run(backend.session());
        double[] expected = Values.doubles(0.25f, -7, 1e-3f, 0.25f, -7, 1e-3f);
        Errors.assertSameBits(expected, run.output(), "one element a set");
        // -0 may become 0: the mean is a sum.
        for (int i = 0; i < x.length; i++) {
            assertEquals(x[i] + 0.0, run.mean()[i] + 0.0, "the mean is the element");
        }
    }

    @OnEveryDevice
    void constantsGiveZero(Backend backend) {
        for (float value : new float[] {0, -0f, 1, 0.1f, 1e4f, 1e30f, -1e30f, 1e-30f}) {
            for (int count : new int[] {7, 64, 1024, 100_000}) {
                check(backend, "constant " + value, Values.constant(count, value));
                check(
                        backend,
                        "constant " + value,
                        Operation.instanceNorm(Layout.CHANNELS_LAST, 1, count, 1),
                        Values.constant(count, value),
                        1e-5);
                check(
                        backend,
                        "constant " + value,
                        Operation.groupNorm(Layout.CHANNELS_LAST, 3, 1, count, 3),
                        Values.constant(3 * count, value),
                        1e-5);
            }
        }
    }

    @OnEveryDevice
    void theEndsOfTheRangeOfFloat(Backend backend) {
        for (int count : new int[] {10, 1000, 50_000}) {
            float[] unit = Values.normal(count, count, 0.5, 1);
            for (float scale : new float[] {1e15f, 1e20f, 1e30f, 1e36f}) {
                checkAll(backend, "scale " + scale, scaled(unit, scale), 1e-5);
            }
            for (float scale : new float[] {1e-10f, 1e-18f, 1e-20f, 1e-30f}) {
                long[] shape = {1, 1, count};
                check(backend, "scale " + scale, scaled(unit, scale), shape, 1, 1e-5);
                check(backend, "scale " + scale, scaled(unit, scale), shape, 1, 0);
                check(backend, "scale " + scale, scaled(unit, scale), shape, 1, 1e-30);
                checkAll(backend, "scale " + scale, scaled(unit, scale), 0);
            }
            float[] mixed = unit.clone();
            mixed[count / 2] = 1e30f;
            check(backend, "one element 1e30", mixed);
            float[] steps = new float[count];
            for (int i = 0; i < count; i++) {
                steps[i] = i / 1024 % 2 == 0 ? 1e30f : -1e30f;
            }
            check(backend, "blocks of 1e30 and -1e30", steps);
            check(backend, "blocks of 1e-25 and -1e-25", scaled(steps, 1e-55), new long[] {1, 1, count}, 1, 0);
        }
    }

    private static float[] scaled(float[] values, double scale) {
        float[] result = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = (float) (values[i] * scale);
        }
        return result;
    }

    @OnEveryDevice
    void unusualEps(Backend backend) {
        float[] x = Values.normal(1, 2 * 6 * 30, 1, 2);
        long[] shape = {2, 6, 30};
        for (double eps : new double[] {0.5, -0.5, 1e10, 0}) {
            check(backend, "eps", x, shape, 2, eps);
        }
        // Below the variance of nothing: NaN, as PyTorch has it.
        check(backend, "negative eps", Values.normal(1, 2 * 6 * 30, 1, 0.1), shape, 2, -0.5);
    }

    @OnEveryDevice
    void nanAndInfinityStayInTheirOwnSet(Backend backend) {
        for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            for (int positions : new int[] {1, 5, 700}) {
                long[] shape = {3, 8, positions};
                int setSize = 2 * positions;
                float[] clean = Values.normal(positions, 24 * positions, 1, 1);
                float[] x = clean.clone();
                x[5 * setSize + setSize - 1] = value;
                Operation operation = Operation.groupNorm(Layout.CHANNELS_FIRST, 4, shape);
                double[] expected =
                        Trial.of(operation, clean).run(backend.session()).output();
                double[] actual = Trial.of(operation, x).run(backend.session()).output();
                for (int i = 0; i < x.length; i++) {
                    if (i / setSize == 5) {
                        assertTrue(Double.isNaN(actual[i]), value + " at " + i + ": " + actual[i]);
                    } else {
                        assertEquals(expected[i], actual[i], value + " reached " + i);
                    }
                }
            }
        }
    }

    @OnEveryDevice
    void nanAndInfinityStayInTheirOwnColumns(Backend backend) {
        for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            for (int positions : new int[] {2, 5, 300}) {
                float[] clean = Values.normal(positions, 3 * positions * 6, 1, 1);
                float[] x = clean.clone();
                // The last element of the last sample: group 2 of 3.
                x[x.length - 1] = value;
                Operation operation = Operation.groupNorm(Layout.CHANNELS_LAST, 3, 3, positions, 6);
                double[] expected =
                        Trial.of(operation, clean).run(backend.session()).output();
                double[] actual = Trial.of(operation, x).run(backend.session()).output();
                for (int i = 0; i < x.length; i++) {
                    if (i / (positions * 6) == 2 && i % 6 >= 4) {
                        assertTrue(Double.isNaN(actual[i]), value + " at " + i + ": " + actual[i]);
                    } else {
                        assertEquals(expected[i], actual[i], value + " reached " + i);
                    }
                }
            }
        }
    }

    /**
     * Values in pairs around a mean that is a power of two: every sum is exact in any order, so mean, rstd and output
     * must match without any error (the data of oneDNN's benchdnn).
     */
    @OnEveryDevice
    void exactDataGivesExactResults(Backend backend) {
        for (int count : new int[] {64, 128, 2048, 8192, 65_536}) {
            float[] x = new float[count];
            float[] expected = new float[count];
            SplittableRandom random = new SplittableRandom(count);
            for (int i = 0; i < count; i += 2) {
                boolean up = random.nextBoolean();
                x[i] = up ? 5 : 3;
                x[i + 1] = up ? 3 : 5;
                expected[i] = (x[i] - 4) * 0.5f;
                expected[i + 1] = (x[i + 1] - 4) * 0.5f;
            }
            for (Operation operation : List.of(
                    Operation.groupNorm(Layout.CHANNELS_FIRST, 1, 1, 1, count),
                    Operation.groupNorm(Layout.CHANNELS_LAST, 1, 1, count / 2, 2),
                    Operation.batchNorm(Layout.CHANNELS_FIRST, 4, 1, count / 4),
                    Operation.layerNorm(new long[] {count}, count))) {
                PlanRun run = Trial.of(operation, x).eps(3).run(backend.session());
                Errors.assertSameBits(new double[] {4}, run.mean(), "mean of " + operation);
                Errors.assertSameBits(new double[] {0.5}, run.rstd(), "rstd of " + operation);
                Errors.assertSameBits(Values.doubles(expected), run.output(), "output of " + operation);
            }
            // Pairs are two channels now: pair up along the rows.
            float[] columns = new float[2 * count];
            float[] expectedColumns = new float[2 * count];
            for (int i = 0; i < 2 * count; i++) {
                columns[i] = x[i / 2];
                expectedColumns[i] = expected[i / 2];
            }
            Operation operation = Operation.batchNorm(Layout.CHANNELS_LAST, 1, count, 2);
            PlanRun run = Trial.of(operation, columns).eps(3).run(backend.session());
            Errors.assertSameBits(new double[] {4, 4}, run.mean(), "mean of " + operation);
            Errors.assertSameBits(Values.doubles(expectedColumns), run.output(), "output of " + operation);
        }
    }
}
