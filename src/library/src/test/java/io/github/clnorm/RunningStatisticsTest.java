package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.clnorm.reference.Reference;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What BatchNorm and InstanceNorm remember, and when they use it, as torch.nn has it. */
@Tag("device")
class RunningStatisticsTest {

    private static final long[] SHAPE = {4, 3, 5, 2};
    private static final int COUNT = 120;

    private static float[] batch(int seed) {
        return Values.normal(seed, COUNT, seed, 2);
    }

    private static Reference.Moments batchMoments(float[] x) {
        return Reference.batchNorm(SHAPE, 1).moments(i -> x[i]);
    }

    /** The mean over the samples of each channel's means and unbiased variances. */
    private static double[][] instanceAverages(float[] x) {
        Reference.Moments m = Reference.instanceNorm(SHAPE, 1).moments(i -> x[i]);
        double[][] average = new double[2][3];
        for (int c = 0; c < 3; c++) {
            for (int n = 0; n < 4; n++) {
                average[0][c] += m.mean()[3 * n + c] / 4;
                average[1][c] += m.variance()[3 * n + c] / 4 * 10 / 9;
            }
        }
        return average;
    }

    private static void assertClose(double[] expected, Tensor actual, String what) {
        Errors.assertClose(expected, actual.toFloats(), Errors.FORWARD, what);
    }

    private static double[] normalizedBy(double[] mean, double[] var, float[] x) {
        return Reference.batchNorm(SHAPE, 1).normalizeBy(new Reference.Moments(mean, new double[3], var), i -> x[i]);
    }

    @OnEveryDevice
    void batchNormLearnsInTrainingAndUsesItInEvaluation(Backend backend) {
        double[] mean = {0, 0, 0};
        double[] var = {1, 1, 1};
        try (BatchNorm norm = BatchNorm.builder(backend, 3, 2).momentum(0.3).build()) {
            for (int step = 1; step <= 2; step++) {
                float[] x = batch(step);
                Reference.Moments moments = batchMoments(x);
                for (int c = 0; c < 3; c++) {
                    mean[c] = 0.7 * mean[c] + 0.3 * moments.mean()[c];
                    var[c] = 0.7 * var[c] + 0.3 * moments.variance()[c] * 40 / 39;
                }
                try (Tensor input = backend.tensor(x, SHAPE);
                        Tensor y = norm.forward(input)) {
                    assertClose(Reference.batchNorm(SHAPE, 1).normalize(i -> x[i]), y, "training");
                }
                assertClose(mean, norm.runningMean(), "running_mean");
                assertClose(var, norm.runningVar(), "running_var");
                assertEquals(step, norm.numBatchesTracked());
            }
            norm.eval();
            float[] x = batch(3);
            try (Tensor input = backend.tensor(x, SHAPE);
                    Tensor y = norm.forward(input)) {
                assertClose(normalizedBy(mean, var, x), y, "evaluation");
            }
            assertClose(mean, norm.runningMean(), "evaluation must not change running_mean");
            assertEquals(2, norm.numBatchesTracked());
        }
    }

    @Test
    void withoutMomentumEveryBatchCountsAlike() {
        Backend backend = TestDevices.first();
        double[] mean = new double[3];
        double[] var = new double[3];
        try (BatchNorm norm =
                BatchNorm.builder(backend, 3, 2).cumulativeAverage().build()) {
            for (int step = 1; step <= 3; step++) {
                float[] x = batch(step);
                Reference.Moments moments = batchMoments(x);
                for (int c = 0; c < 3; c++) {
                    mean[c] += moments.mean()[c] / 3;
                    var[c] += moments.variance()[c] * 40 / 39 / 3;
                }
                try (Tensor input = backend.tensor(x, SHAPE)) {
                    norm.forward(input).close();
                }
            }
            assertClose(mean, norm.runningMean(), "running_mean");
            assertClose(var, norm.runningVar(), "running_var");
        }
    }

    @Test
    void instanceNormLearnsTheMeanOverTheSamples() {
        Backend backend = TestDevices.first();
        float[] x = batch(5);
        double[][] average = instanceAverages(x);
        try (InstanceNorm norm = InstanceNorm.builder(backend, 3, 2)
                        .trackRunningStats(true)
                        .build();
                Tensor input = backend.tensor(x, SHAPE)) {
            try (Tensor y = norm.forward(input)) {
                assertClose(Reference.instanceNorm(SHAPE, 1).normalize(i -> x[i]), y, "training");
            }
            double[] mean =
                    IntStream.range(0, 3).mapToDouble(c -> 0.1 * average[0][c]).toArray();
            double[] var = IntStream.range(0, 3)
                    .mapToDouble(c -> 0.9 + 0.1 * average[1][c])
                    .toArray();
            assertClose(mean, norm.runningMean(), "running_mean");
            assertClose(var, norm.runningVar(), "running_var");
            assertEquals(0, norm.numBatchesTracked(), "InstanceNorm does not count");
            norm.eval();
            try (Tensor y = norm.forward(input)) {
                assertClose(normalizedBy(mean, var, x), y, "evaluation");
            }
        }
    }

    @Test
    void withoutTrackingTheInputsStatisticsAlwaysNormalize() {
        Backend backend = TestDevices.first();
        float[] x = batch(6);
        try (BatchNorm batch = BatchNorm.builder(backend, 3, 2)
                        .trackRunningStats(false)
                        .build();
                InstanceNorm instance = InstanceNorm.of2d(backend, 3);
                Tensor input = backend.tensor(x, SHAPE)) {
            assertNull(batch.runningMean());
            assertNull(instance.runningVar());
            assertNull(instance.weight());
            for (boolean training : new boolean[] {true, false}) {
                batch.train(training);
                instance.train(training);
                try (Tensor y = batch.forward(input);
                        Tensor z = instance.forward(input)) {
                    assertClose(Reference.batchNorm(SHAPE, 1).normalize(i -> x[i]), y, "batch");
                    assertClose(Reference.instanceNorm(SHAPE, 1).normalize(i -> x[i]), z, "instance");
                }
            }
            assertEquals(0, batch.numBatchesTracked());
        }
    }

    @Test
    void stateCanBeReadAndSet() {
        Backend backend = TestDevices.first();
        try (BatchNorm norm = BatchNorm.of1d(backend, 2);
                Tensor x = backend.tensor(new float[] {1, 2, 3, 4}, 2, 2)) {
            assertArrayEquals(new float[] {1, 1}, norm.weight().toFloats());
            assertArrayEquals(new float[2], norm.bias().toFloats());
            assertArrayEquals(new float[2], norm.runningMean().toFloats());
            assertArrayEquals(new float[] {1, 1}, norm.runningVar().toFloats());
            norm.runningMean().set(new float[] {1, 2});
            norm.runningVar().set(new float[] {4, 16});
            norm.weight().set(new float[] {2, 4});
            norm.bias().set(new float[] {10, 20});
            norm.numBatchesTracked(7);
            assertEquals(7, norm.numBatchesTracked());
            assertThrows(IllegalArgumentException.class, () -> norm.numBatchesTracked(-1));
            norm.eval();
            try (Tensor y = norm.forward(x)) {
                Errors.assertClose(new double[] {10, 20, 12, 22}, y.toFloats(), 1e-5, "by the state that was set");
            }
        }
    }

    @Test
    void frozenBatchNormNeverLearns() {
        Backend backend = TestDevices.first();
        float[] x = batch(8);
        try (FrozenBatchNorm norm = FrozenBatchNorm.of(backend, 3);
                Tensor input = backend.tensor(x, SHAPE)) {
            double[] mean = {1, 2, 3};
            double[] var = {4, 5, 6};
            norm.runningMean().set(mean);
            norm.runningVar().set(var);
            try (Tensor y = norm.forward(input)) {
                assertClose(normalizedBy(mean, var, x), y, "frozen");
            }
            assertClose(mean, norm.runningMean(), "frozen");
            assertEquals("FrozenBatchNorm2d(3, eps=1e-05)", norm.toString());
        }
    }

    @Test
    void inputsWithoutABatchAreOneSample() {
        Backend backend = TestDevices.first();
        float[] x = Values.normal(3, 3 * 30, 1, 1);
        try (InstanceNorm one = InstanceNorm.of1d(backend, 3);
                InstanceNorm two = InstanceNorm.of2d(backend, 3);
                InstanceNorm three = InstanceNorm.of3d(backend, 3)) {
            for (long[] shape : new long[][] {{3, 30}, {3, 5, 6}, {3, 5, 3, 2}}) {
                InstanceNorm norm = shape.length == 2 ? one : shape.length == 3 ? two : three;
                try (Tensor input = backend.tensor(x, shape);
                        Tensor y = norm.forward(input)) {
                    assertArrayEquals(shape, y.shape());
                    assertClose(Reference.instanceNorm(new long[] {1, 3, 30}, 1).normalize(i -> x[i]), y, y.toString());
                    norm.forward(input, Options.DEFAULTS.output(input));
                    Errors.assertSameBits(y.toFloats(), input.toFloats(), "in place");
                    assertEquals(
                            "Expected output and sum in two tensors, but got the same for both",
                            refusal(() -> norm.forward(
                                    input,
                                    Options.DEFAULTS.residual(y).sum(input).output(input))));
                }
            }
        }
    }

    @Test
    void anEmptyBatchChangesNothingButTheCount() {
        Backend backend = TestDevices.first();
        try (BatchNorm norm = BatchNorm.of2d(backend, 5);
                Tensor empty = backend.tensor(new float[0], 0, 5, 2, 2);
                Tensor y = norm.forward(empty)) {
            assertArrayEquals(new long[] {0, 5, 2, 2}, y.shape());
            assertArrayEquals(new float[5], norm.runningMean().toFloats());
            assertArrayEquals(new float[] {1, 1, 1, 1, 1}, norm.runningVar().toFloats());
            assertEquals(1, norm.numBatchesTracked());
        }
    }

    @Test
    void refusedBatchesAreNotCountedAndSayWhy() {
        Backend backend = TestDevices.first();
        try (BatchNorm one = BatchNorm.of1d(backend, 10);
                BatchNorm two = BatchNorm.of2d(backend, 10);
                InstanceNorm instance = InstanceNorm.of2d(backend, 10);
                Tensor single = backend.tensor(new float[10], 1, 10, 1);
                Tensor nine = backend.tensor(new float[18], 2, 9);
                Tensor position = backend.tensor(new float[20], 2, 10, 1, 1)) {
            assertEquals(
                    "Expected more than 1 value per channel when training, got input size [1, 10, 1]",
                    refusal(() -> one.forward(single)));
            assertEquals("running_mean should contain 9 elements not 10", refusal(() -> one.forward(nine)));
            assertEquals("expected 4D input (got 3D input)", refusal(() -> two.forward(single)));
            assertEquals(
                    "Expected more than 1 spatial element when training, got input size [2, 10, 1, 1]",
                    refusal(() -> instance.forward(position)));
            assertEquals("expected 3D or 4D input (got 2D input)", refusal(() -> instance.forward(nine)));
            assertEquals(0, one.numBatchesTracked());
            assertArrayEquals(new float[10], one.runningMean().toFloats());
        }
    }

    private static String refusal(Runnable action) {
        return assertThrows(IllegalArgumentException.class, action::run).getMessage();
    }

    @Test
    void runningStatisticsHaveTheTypeOfSums() {
        Backend backend = TestDevices.first();
        float[] x = batch(9);
        try (Tensor half = backend.tensor(ElementType.FLOAT16, x, SHAPE);
                BatchNorm norm = BatchNorm.of2d(backend, 3);
                Tensor y = norm.forward(half);
                Tensor wrong = backend.tensor(ElementType.FLOAT16, new float[3], 3);
                Tensor right = backend.tensor(new float[3], 3)) {
            assertEquals(ElementType.FLOAT16, y.type());
            float[] rounded = half.toFloats();
            double[] mean = batchMoments(rounded).mean();
            assertClose(IntStream.range(0, 3).mapToDouble(c -> 0.1 * mean[c]).toArray(), norm.runningMean(), "float16");
            assertEquals(
                    "Expected running_mean of type float32 for input of type float16, but got float16",
                    refusal(() ->
                            Functional.batchNorm(half, wrong, right, null, null, true, 0.1, 1e-5, Options.DEFAULTS)));
            assertEquals(
                    "running_var must be defined in evaluation mode",
                    refusal(() ->
                            Functional.batchNorm(half, right, null, null, null, false, 0.1, 1e-5, Options.DEFAULTS)));
        }
    }
}
