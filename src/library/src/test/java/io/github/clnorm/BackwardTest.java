package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.reference.Nonlinearity;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The backward pass as users call it: layers and functions, and what they refuse. */
@Tag("device")
@SuppressWarnings("try")
class BackwardTest {

    private static final long[] SHAPE = {3, 4, 5};

    private static Tensor normal(Backend backend, long seed, long... shape) {
        int count = (int) Arrays.stream(shape).reduce(1, Math::multiplyExact);
        return backend.tensor(Values.normal(seed, count, 1, 2), shape);
    }

    private static void assertClose(double[] expected, Tensor actual, String what) {
        Errors.assertClose(ElementType.FLOAT32, expected, actual.toDoubles(), Errors.BACKWARD, what);
    }

    private static void check(Layer layer, Reference reference, Tensor x, boolean given) {
        try (Tensor y = layer.forward(x);
                Tensor dy = normal(x.backend(), 7, x.shape())) {
            double[] values = x.toDoubles();
            double[] back = dy.toDoubles();
            Reference.Gradients expected = given
                    ? reference.gradientsBy(runningStatistics(layer), i -> values[i], i -> back[i])
                    : reference.gradients(i -> values[i], i -> back[i]);
            try (Gradients gradients = layer.backward(dy)) {
                assertClose(expected.input(), gradients.input(), layer + ", dx");
                assertArrayEquals(x.shape(), gradients.input().shape());
                if (layer.weight() != null && !(layer instanceof FrozenBatchNorm)) {
                    assertClose(expected.weight(), gradients.weight(), layer + ", dgamma");
                    assertArrayEquals(layer.weight().shape(), gradients.weight().shape());
                }
                if (layer.bias() != null && !(layer instanceof FrozenBatchNorm)) {
                    assertClose(expected.bias(), gradients.bias(), layer + ", dbeta");
                }
            }
        }
    }

    private static Reference.Moments runningStatistics(Layer layer) {
        double[] mean;
        double[] variance;
        if (layer instanceof FrozenBatchNorm frozen) {
            mean = frozen.runningMean().toDoubles();
            variance = frozen.runningVar().toDoubles();
        } else {
            ChannelStatisticsNorm norm = (ChannelStatisticsNorm) layer;
            mean = norm.runningMean().toDoubles();
            variance = norm.runningVar().toDoubles();
        }
        return new Reference.Moments(mean, new double[mean.length], variance);
    }

    @OnEveryDevice
    void everyLayerGoesBackward(Backend backend) {
        try (Tensor x = normal(backend, 1, SHAPE);
                GroupNorm groups = GroupNorm.of(backend, 2, 4);
                LayerNorm rows = LayerNorm.of(backend, 4, 5);
                RmsNorm squares = RmsNorm.of(backend, 5);
                InstanceNorm instances =
                        InstanceNorm.builder(backend, 4, 1).affine(true).build();
                BatchNorm batch = BatchNorm.of1d(backend, 4);
                FrozenBatchNorm frozen = FrozenBatchNorm.of(backend, 4)) {
            Layout layout = Layout.CHANNELS_FIRST;
            check(groups, Reference.groupNorm(SHAPE, layout.channelAxis(SHAPE.length), 2), x, false);
            check(rows, Reference.layerNorm(SHAPE, 4, 5), x, false);
            check(squares, Reference.rmsNorm(SHAPE, 5).eps(ElementType.FLOAT32.epsilon()), x, false);
            check(instances, Reference.instanceNorm(SHAPE, layout.channelAxis(SHAPE.length)), x, false);
            check(batch, Reference.batchNorm(SHAPE, layout.channelAxis(SHAPE.length)), x, false);
            batch.eval();
            check(batch, Reference.batchNorm(SHAPE, layout.channelAxis(SHAPE.length)), x, true);
            check(frozen, Reference.batchNorm(SHAPE, layout.channelAxis(SHAPE.length)), x, true);
        }
    }

    /** The activation and the residual of the forward pass are those of the backward pass. */
    @OnEveryDevice
    void aLayerRemembersItsActivationAndResidual(Backend backend) {
        try (Tensor x = normal(backend, 1, 3, 5, 4);
                Tensor residual = normal(backend, 2, 3, 5, 4);
                Tensor dy = normal(backend, 3, 3, 5, 4);
                GroupNorm norm = GroupNorm.builder(backend, 2, 4)
                        .layout(Layout.CHANNELS_LAST)
                        .activation(Activation.RELU)
                        .build();
                Tensor y = norm.forward(x, Options.DEFAULTS.residual(residual));
                Gradients gradients = norm.backward(dy)) {
            double[] sum = x.toDoubles();
            double[] added = residual.toDoubles();
            Arrays.setAll(sum, i -> (float) (sum[i] + added[i]));
            double[] back = dy.toDoubles();
            Reference reference =
                    Reference.groupNorm(new long[] {3, 5, 4}, -1, 2).activation(Nonlinearity.RELU);
            assertClose(reference.gradients(i -> sum[i], i -> back[i]).input(), gradients.input(), "dx");
        }
    }

    @OnEveryDevice
    void anInputWithoutABatchHasAGradientWithoutOne(Backend backend) {
        try (Tensor x = normal(backend, 1, 4, 5);
                Tensor dy = normal(backend, 2, 4, 5);
                InstanceNorm norm = InstanceNorm.of1d(backend, 4);
                Tensor y = norm.forward(x);
                Gradients gradients = norm.backward(dy)) {
            assertArrayEquals(new long[] {4, 5}, gradients.input().shape());
            assertNull(gradients.weight());
        }
    }

    @Test
    void aGradientWithABatchDoesNotFitAnInputWithoutOne() {
        Backend backend = TestDevices.first();
        try (Tensor x = normal(backend, 1, 4, 5);
                Tensor batch = normal(backend, 2, 1, 4, 5);
                Tensor dy = normal(backend, 2, 4, 5);
                InstanceNorm norm = InstanceNorm.of1d(backend, 4);
                Tensor y = norm.forward(x)) {
            assertRefused(
                    IllegalArgumentException.class, () -> norm.backward(batch), "grad_output", " [4, 5]", "[1, 4, 5]");
            assertRefused(
                    IllegalArgumentException.class,
                    () -> norm.backward(dy, GradientOptions.DEFAULTS.output(batch)),
                    "output",
                    " [4, 5]",
                    "[1, 4, 5]");
            assertRefused(
                    IllegalArgumentException.class,
                    () -> norm.forward(x, Options.DEFAULTS.residual(batch)),
                    "residual",
                    " [4, 5]",
                    "[1, 4, 5]");
        }
    }

    /** Sums that leave the range of float32 do so as plain sums would. */
    @OnEveryDevice
    void anInfiniteGradientGivesAnInfiniteSum(Backend backend) {
        float[] values = Values.normal(3, 60, 0, 1);
        values[7] = Float.POSITIVE_INFINITY;
        try (Tensor x = normal(backend, 1, SHAPE);
                Tensor dy = backend.tensor(values, SHAPE);
                GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor y = norm.forward(x);
                Gradients gradients = norm.backward(dy)) {
            assertEquals(Float.POSITIVE_INFINITY, gradients.bias().toFloats()[1]);
            assertTrue(Float.isFinite(gradients.bias().toFloats()[0]));
        }
    }

    @Test
    void onlyWhatIsWantedIsMade() {
        Backend backend = TestDevices.first();
        try (Tensor x = normal(backend, 1, SHAPE);
                Tensor dy = normal(backend, 2, SHAPE);
                GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor y = norm.forward(x);
                Gradients gradients = norm.backward(dy, GradientOptions.DEFAULTS.wanted(false, false, true))) {
            assertNull(gradients.input());
            assertNull(gradients.weight());
            assertNotNull(gradients.bias());
        }
    }

    @Test
    void dxCanTakeThePlaceOfDy() {
        Backend backend = TestDevices.first();
        try (Tensor x = normal(backend, 1, SHAPE);
                Tensor dy = normal(backend, 2, SHAPE);
                GroupNorm norm = GroupNorm.of(backend, 2, 4)) {
            float[] expected;
            try (Tensor y = norm.forward(x);
                    Gradients gradients = norm.backward(dy)) {
                expected = gradients.input().toFloats();
            }
            try (Tensor y = norm.forward(x);
                    Gradients gradients = norm.backward(dy, GradientOptions.DEFAULTS.output(dy))) {
                Errors.assertSameBits(expected, dy.toFloats(), "in place");
            }
        }
    }

    /** As PyTorch: sets without elements have no gradient, and parameters that nothing used have 0. */
    @OnEveryDevice
    void anEmptyBatchGivesZeros(Backend backend) {
        try (Tensor x = backend.tensor(new float[0], 0, 4, 5);
                GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor y = norm.forward(x);
                Gradients gradients = norm.backward(y)) {
            assertEquals(0, gradients.input().elements());
            assertArrayEquals(new float[4], gradients.weight().toFloats());
            assertArrayEquals(new float[4], gradients.bias().toFloats());
        }
    }

    private static void assertRefused(Class<? extends RuntimeException> type, Runnable call, String... words) {
        RuntimeException e = assertThrows(type, call::run);
        for (String word : words) {
            assertTrue(e.getMessage().contains(word), "'" + word + "' in: " + e.getMessage());
        }
    }

    @Test
    void backwardTakesOneForwardBeforeIt() {
        Backend backend = TestDevices.first();
        try (Tensor x = normal(backend, 1, SHAPE);
                Tensor dy = normal(backend, 2, SHAPE);
                GroupNorm norm = GroupNorm.of(backend, 2, 4)) {
            assertRefused(
                    IllegalStateException.class, () -> norm.backward(dy), "forward before backward", "GroupNorm(2");
            try (Tensor y = norm.forward(x);
                    Gradients gradients = norm.backward(dy)) {
                assertRefused(IllegalStateException.class, () -> norm.backward(dy), "a second time", "GroupNorm(2");
            }
            norm.forward(x, Options.DEFAULTS.output(x));
            assertRefused(IllegalStateException.class, () -> norm.backward(dy), "in place", "[3, 4, 5]", "overwritten");
        }
    }

    @Test
    void gradientsThatDoNotFitAreRefusedAndCanBeGivenAgain() {
        Backend backend = TestDevices.first();
        try (Tensor x = normal(backend, 1, SHAPE);
                Tensor dy = normal(backend, 2, SHAPE);
                Tensor other = normal(backend, 2, 3, 4, 6);
                Tensor half = backend.empty(ElementType.FLOAT16, SHAPE);
                GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor y = norm.forward(x)) {
            assertRefused(
                    IllegalArgumentException.class,
                    () -> norm.backward(other),
                    "grad_output",
                    "[3, 4, 5]",
                    "[3, 4, 6]");
            assertRefused(IllegalArgumentException.class, () -> norm.backward(half), "float32", "float16");
            Tensor closed = normal(backend, 2, SHAPE);
            closed.close();
            assertRefused(IllegalStateException.class, () -> norm.backward(closed), "grad_output", "closed");
            norm.backward(dy).close();
        }
    }

    @Test
    void statisticsThatDoNotFitAreRefused() {
        Backend backend = TestDevices.first();
        try (Tensor x = normal(backend, 1, SHAPE);
                Tensor dy = normal(backend, 2, SHAPE);
                Tensor mean = normal(backend, 3, 3, 2);
                Tensor wrong = normal(backend, 3, 2, 3);
                Tensor wide = backend.empty(ElementType.FLOAT16, 3, 2)) {
            GradientOptions options = GradientOptions.DEFAULTS;
            assertRefused(
                    IllegalArgumentException.class,
                    () -> Functional.groupNormBackward(dy, x, 2, null, null, new Saved(mean, null, wrong), options),
                    "rstd of shape [3, 2]",
                    "[2, 3]");
            assertRefused(
                    IllegalArgumentException.class,
                    () -> Functional.groupNormBackward(dy, x, 2, null, null, new Saved(wide, null, mean), options),
                    "mean of type float32",
                    "float16");
            assertRefused(
                    IllegalArgumentException.class,
                    () -> Functional.groupNormBackward(dy, x, 2, null, null, null, options),
                    "saved");
            assertRefused(
                    IllegalArgumentException.class,
                    () -> Functional.groupNormBackward(dy, x, 2, null, null, new Saved(null, null, mean), options),
                    "mean of shape [3, 2]");
            assertRefused(
                    IllegalArgumentException.class,
                    () -> Functional.groupNormBackward(
                            dy, x, 2, null, null, new Saved(mean, null, mean), options.output(mean)),
                    "output",
                    "[3, 2]");
        }
    }

    @Test
    void aTensorOfAnotherBackendIsRefused() {
        Backend backend = TestDevices.first();
        try (Backend other = Backend.open();
                Tensor x = normal(backend, 1, SHAPE);
                Tensor dy = normal(other, 2, SHAPE);
                GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor y = norm.forward(x)) {
            assertRefused(IllegalArgumentException.class, () -> norm.backward(dy), "grad_output", "one backend");
        }
    }

    @Test
    void anInputThatIsClosedIsMissed() {
        Backend backend = TestDevices.first();
        try (Tensor dy = normal(backend, 2, SHAPE);
                GroupNorm norm = GroupNorm.of(backend, 2, 4)) {
            Tensor x = normal(backend, 1, SHAPE);
            norm.forward(x);
            x.close();
            assertRefused(IllegalStateException.class, () -> norm.backward(dy), "closed");
        }
    }

    /** Without what rounding took from the mean, gradients are still right where the mean is small. */
    @Test
    void theRestOfTheMeanMayBeUnknown() {
        Backend backend = TestDevices.first();
        try (Tensor x = normal(backend, 1, SHAPE);
                Tensor dy = normal(backend, 2, SHAPE);
                Normalized forward = Functional.groupNorm(x, 2, null, null, 1e-5);
                Gradients gradients = Functional.groupNormBackward(
                        dy,
                        x,
                        2,
                        null,
                        null,
                        new Saved(forward.mean(), null, forward.rstd()),
                        GradientOptions.DEFAULTS)) {
            double[] values = x.toDoubles();
            double[] back = dy.toDoubles();
            assertClose(
                    Reference.groupNorm(SHAPE, 1, 2)
                            .gradients(i -> values[i], i -> back[i])
                            .input(),
                    gradients.input(),
                    "dx");
        }
    }

    /** What the layers keep for backward, and what fails, is given back. */
    @Test
    void nothingLeaks() {
        Backend backend = TestDevices.first();
        try (Tensor x = normal(backend, 1, SHAPE);
                Tensor dy = normal(backend, 2, SHAPE);
                Tensor other = normal(backend, 2, 3, 4, 6)) {
            try (GroupNorm warm = GroupNorm.of(backend, 2, 4);
                    Tensor y = warm.forward(x)) {
                warm.backward(dy).close();
            }
            int before = backend.session().openBuffers();
            try (GroupNorm norm = GroupNorm.of(backend, 2, 4)) {
                for (int i = 0; i < 3; i++) {
                    norm.forward(x).close();
                }
                assertRefused(IllegalStateException.class, () -> norm.backward(dy), "followed by forward");
                norm.forward(x).close();
                assertRefused(IllegalArgumentException.class, () -> norm.backward(other), "grad_output");
                norm.backward(dy).close();
                norm.forward(x).close();
            }
            assertEquals(before, backend.session().openBuffers());
        }
    }
}
