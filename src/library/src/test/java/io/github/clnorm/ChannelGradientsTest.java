package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
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

/** Exact sums of gradients: against the reference, and in parts of the batch. */
@Tag("device")
class ChannelGradientsTest {

    private static final int SAMPLES = 7;

    /** A batch, its statistics, and its gradients. */
    private record Batch(
            Backend backend, ElementType type, Layout layout, Activation activation, int channels, int positions) {

        long[] shape(int samples) {
            return layout == Layout.CHANNELS_FIRST
                    ? new long[] {samples, channels, positions}
                    : new long[] {samples, positions, channels};
        }

        double[] x() {
            return Values.normal(type, 1, SAMPLES * channels * positions, 10, 2);
        }

        double[] dy() {
            return Values.normal(type, 2, SAMPLES * channels * positions, 0.5, 1);
        }

        double[] gammas() {
            return Values.normal(ElementType.FLOAT32, 3, channels, 1, 1);
        }

        double[] betas() {
            return Values.normal(ElementType.FLOAT32, 4, channels, 0, 1);
        }

        ElementType real() {
            return type.accumulator();
        }

        /** The gradients of the samples `from` .. `to` - 1. */
        ChannelGradients part(ChannelState state, Saved saved, int from, int to) {
            int ofSample = channels * positions;
            try (Tensor x = backend.tensor(
                            type, Arrays.copyOfRange(x(), from * ofSample, to * ofSample), shape(to - from));
                    Tensor dy = backend.tensor(
                            type, Arrays.copyOfRange(dy(), from * ofSample, to * ofSample), shape(to - from))) {
                return Functional.channelGradients(
                        dy,
                        x,
                        state,
                        saved,
                        GradientOptions.DEFAULTS.layout(layout).activation(activation));
            }
        }

        void check() {
            try (Tensor x = backend.tensor(type, x(), shape(SAMPLES));
                    Tensor weight = backend.tensor(real(), gammas(), channels);
                    Tensor bias = backend.tensor(real(), betas(), channels);
                    Normalized forward = Functional.batchNorm(
                            x, null, null, weight, bias, true, 0.1, 1e-5, Options.DEFAULTS.layout(layout))) {
                ChannelState state = ChannelState.of(weight, bias);
                ChannelGradients whole = part(state, forward.saved(), 0, SAMPLES);
                assertEquals((long) SAMPLES * positions, whole.count(), toString());
                checkNumbers(whole);
                for (int parts : new int[] {3, 7}) {
                    ChannelGradients sum = ChannelGradients.none(channels);
                    for (int part = parts - 1; part >= 0; part--) {
                        sum = part(state, forward.saved(), part * SAMPLES / parts, (part + 1) * SAMPLES / parts)
                                .plus(sum);
                    }
                    assertEquals(whole, sum, this + " in " + parts);
                    assertArrayEquals(whole.toBytes(), sum.toBytes());
                }
            }
        }

        /** Each sum is within the promise: relative to the sum of its terms' magnitudes. */
        private void checkNumbers(ChannelGradients sums) {
            double[] x = x();
            double[] dy = dy();
            Reference reference = Reference.batchNorm(shape(SAMPLES), layout.channelAxis(3))
                    .affine(gammas(), betas())
                    .activation(activation == Activation.NONE ? Nonlinearity.NONE : Nonlinearity.SILU);
            Reference.Gradients expected = reference.gradients(i -> x[i], i -> dy[i]);
            Reference.Magnitudes terms = reference.magnitudes(reference.moments(i -> x[i]), i -> x[i], i -> dy[i]);
            double bound = Errors.parameterBound(type);
            Errors.assertCloseToTerms(
                    real(), expected.weight(), sums.weight(), terms.weight(), bound, this + ", dgamma");
            Errors.assertCloseToTerms(real(), expected.bias(), sums.bias(), terms.bias(), bound, this + ", dbeta");
            for (int c = 0; c < channels; c++) {
                assertEquals((float) sums.weight()[c], sums.weightAsFloats()[c], Math.ulp((float) sums.weight()[c]));
                assertEquals((float) sums.bias()[c], sums.biasAsFloats()[c], Math.ulp((float) sums.bias()[c]));
            }
        }
    }

    @OnEveryDevice
    void sumsOfPartsAreThoseOfTheBatch(Backend backend) {
        Layout first = Layout.CHANNELS_FIRST;
        Layout last = Layout.CHANNELS_LAST;
        for (Layout layout : Layout.values()) {
            new Batch(backend, ElementType.FLOAT32, layout, Activation.NONE, 3, 130).check();
            new Batch(backend, ElementType.FLOAT32, layout, Activation.NONE, 1, 9).check();
            new Batch(backend, ElementType.FLOAT32, layout, Activation.NONE, 2, 2100).check();
            new Batch(backend, ElementType.FLOAT32, layout, Activation.SILU, 4, 1).check();
            new Batch(backend, ElementType.BFLOAT16, layout, Activation.SILU, 3, 130).check();
        }
        new Batch(backend, ElementType.FLOAT16, last, Activation.NONE, 3, 130).check();
        if (backend.device().fp64()) {
            new Batch(backend, ElementType.FLOAT64, first, Activation.NONE, 3, 130).check();
        }
    }

    @Test
    void emptyBatchesAndWrongArguments() {
        Backend backend = TestDevices.first();
        try (Tensor empty = backend.empty(0, 3, 2);
                Tensor x = backend.tensor(new float[6], 1, 3, 2);
                Tensor three = backend.tensor(new float[3], 3);
                Tensor two = backend.tensor(new float[2], 2)) {
            Saved saved = new Saved(three, null, three);
            GradientOptions options = GradientOptions.DEFAULTS;
            assertEquals(
                    ChannelGradients.none(3),
                    Functional.channelGradients(empty, empty, ChannelState.NONE, saved, options));
            assertArrayEquals(new double[3], ChannelGradients.none(3).weight());
            assertTrue(assertThrows(
                            IllegalArgumentException.class,
                            () -> Functional.channelGradients(
                                    x, x, ChannelState.NONE, new Saved(two, null, two), options))
                    .getMessage()
                    .startsWith("Expected mean of shape [3]"));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> Functional.channelGradients(x, x, ChannelState.of(two, null), saved, options));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> Functional.channelGradients(empty, x, ChannelState.NONE, saved, options));
            assertEquals(
                    "ChannelGradients(3 channels, 2 elements each)",
                    Functional.channelGradients(x, x, ChannelState.NONE, saved, options)
                            .toString());
        }
    }
}
