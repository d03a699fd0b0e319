package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import org.junit.jupiter.api.Tag;

/** Scale and shift of each sample and channel: values by hand, every form of a pass, and what is rejected. */
@Tag("device")
class ScaleShiftTest {

    private static final float CLOSE = 1e-6f;

    /** AdaIN. Each channel has x̂ = -1 and 1. */
    @OnEveryDevice
    void valuesByHand(Backend backend) {
        try (InstanceNorm norm = InstanceNorm.builder(backend, 2, 1).eps(0).build();
                Tensor x = backend.tensor(new float[] {1, 3, 2, 6, 5, 7, -4, -2}, 2, 2, 2);
                Tensor scale = backend.tensor(new float[] {1, -0.5f, 0, -1}, 2, 2);
                Tensor shift = backend.tensor(new float[] {10, 20, 30, 40}, 2, 2);
                Recorded pass = norm.record(x, Options.DEFAULTS.scaleShift(scale, shift));
                Tensor dy = backend.tensor(new float[] {1, 0, 0, 2, 3, 4, 5, 6}, 2, 2, 2);
                Gradients gradients = pass.backward(dy)) {
            assertArrayEquals(
                    new float[] {8, 12, 19.5f, 20.5f, 29, 31, 40, 40},
                    pass.output().toFloats(),
                    CLOSE);
            assertArrayEquals(new float[] {-1, 2, 1, 1}, gradients.scale().toFloats(), CLOSE);
            assertArrayEquals(new float[] {1, 2, 7, 11}, gradients.shift().toFloats(), CLOSE);
            // Two elements determine x̂, whatever they are.
            assertArrayEquals(new float[8], gradients.input().toFloats(), CLOSE);
            assertNull(gradients.weight());
        }
    }

    /** Weight and bias come first, then scale and shift, then the activation. */
    @OnEveryDevice
    void theOrderIsThatOfAResNetBlock(Backend backend) {
        NormSpec spec = NormSpec.instanceNorm(1)
                .weight(new float[] {3})
                .bias(new float[] {1})
                .activation(Activation.RELU)
                .eps(0);
        try (Layer norm = spec.on(backend);
                Tensor x = backend.tensor(new float[] {1, 3, 4, 8}, 2, 1, 2);
                Tensor scale = backend.tensor(new float[] {1, -2}, 2, 1);
                Tensor shift = backend.tensor(new float[] {0.5f, 3}, 2, 1);
                Recorded pass = norm.record(x, Options.DEFAULTS.scaleShift(scale, shift));
                Tensor dy = backend.tensor(new float[] {1, 2, 3, 4}, 2, 1, 2);
                Gradients gradients = pass.backward(dy)) {
            // x̂ γ + β is -2 and 4; the first sample has -3.5 and 8.5, the second one 5 and -1.
            assertArrayEquals(new float[] {0, 8.5f, 5, 0}, pass.output().toFloats(), CLOSE);
            assertArrayEquals(new float[] {8, -6}, gradients.scale().toFloats(), CLOSE);
            assertArrayEquals(new float[] {2, 3}, gradients.shift().toFloats(), CLOSE);
            // 2 · 2 · 1 in the first sample, 3 · -1 · -1 in the second one.
            assertArrayEquals(new float[] {7}, gradients.weight().toFloats(), CLOSE);
            assertArrayEquals(new float[] {1}, gradients.bias().toFloats(), CLOSE);
        }
    }

    /** DiT: all tokens of a sample share its scale and shift. */
    @OnEveryDevice
    void rowsOfASampleShareThem(Backend backend) {
        try (LayerNorm norm = LayerNorm.builder(backend, 2)
                        .elementwiseAffine(false)
                        .eps(0)
                        .build();
                Tensor x = backend.tensor(new float[] {1, 3, 6, 2, 0, 1, 5, 4}, 2, 2, 2);
                Tensor scale = backend.tensor(new float[] {1, 0, 2, 3}, 2, 2);
                Tensor shift = backend.tensor(new float[] {10, 20, 30, 40}, 2, 2);
                Recorded pass = norm.record(x, Options.DEFAULTS.scaleShift(scale, shift));
                Tensor dy = backend.tensor(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 2);
                Gradients gradients = pass.backward(dy)) {
            assertArrayEquals(
                    new float[] {8, 21, 12, 19, 27, 44, 33, 36}, pass.output().toFloats(), 2e-6f * 44);
            assertArrayEquals(new float[] {2, -2, 2, -2}, gradients.scale().toFloats(), 1e-5f);
            assertArrayEquals(new float[] {4, 6, 12, 14}, gradients.shift().toFloats(), CLOSE);
        }
    }

    /** A pass in place, one that saves nothing, and the stateless form have the bits of a recorded pass. */
    @OnEveryDevice
    void everyFormHasTheSameBits(Backend backend) {
        NormSpec spec = NormSpec.groupNorm(2, 4).layout(Layout.CHANNELS_LAST).activation(Activation.SILU);
        try (Layer norm = spec.on(backend);
                Tensor x = backend.tensor(Values.normal(1, 120, 1, 2), 2, 5, 3, 4);
                Tensor scale = backend.tensor(Values.normal(2, 8, 0, 1), 2, 4);
                Tensor shift = backend.tensor(Values.normal(3, 8, 0, 1), 2, 4);
                Tensor inferred = norm.infer(x, Options.DEFAULTS.scaleShift(scale, shift));
                Recorded pass = norm.record(x, Options.DEFAULTS.scaleShift(scale, shift));
                Gradients expected = pass.backward(x);
                Normalized stateless = Functional.forward(
                        spec,
                        x,
                        ChannelState.of(norm.weight(), norm.bias()),
                        Options.DEFAULTS.scaleShift(scale, shift));
                Gradients gradients = Functional.backward(
                        spec,
                        x,
                        x,
                        ChannelState.of(norm.weight(), norm.bias()),
                        stateless.saved(),
                        GradientOptions.DEFAULTS.scaleShift(scale, shift).wanted(false, false, false))) {
            float[] y = pass.output().toFloats();
            Errors.assertSameBits(y, inferred.toFloats(), "infer");
            Errors.assertSameBits(y, stateless.output().toFloats(), "stateless");
            Errors.assertSameBits(expected.scale().toFloats(), gradients.scale().toFloats(), "scale");
            Errors.assertSameBits(expected.shift().toFloats(), gradients.shift().toFloats(), "shift");
            assertNull(gradients.input());
            assertNull(gradients.weight());
            norm.infer(x, Options.DEFAULTS.scaleShift(scale, shift).output(x));
            Errors.assertSameBits(y, x.toFloats(), "in place");
        }
    }

    /** Without a shift, as in RMSNorm with a gate; and without a scale. */
    @OnEveryDevice
    void oneOfThemMayBeMissing(Backend backend) {
        try (RmsNorm norm = RmsNorm.builder(backend, 2)
                        .elementwiseAffine(false)
                        .eps(0)
                        .build();
                Tensor x = backend.tensor(new float[] {3, -3, 2, 2}, 2, 2);
                Tensor values = backend.tensor(new float[] {1, 2, 3, 4}, 2, 2);
                Recorded scaled = norm.record(x, Options.DEFAULTS.scaleShift(values, null));
                Recorded shifted = norm.record(x, Options.DEFAULTS.scaleShift(null, values));
                Gradients ofScaled = scaled.backward(x);
                Gradients ofShifted = shifted.backward(x)) {
            assertArrayEquals(new float[] {2, -3, 4, 5}, scaled.output().toFloats(), 4e-6f);
            assertArrayEquals(new float[] {2, 1, 4, 5}, shifted.output().toFloats(), 4e-6f);
            assertArrayEquals(new float[] {3, 3, 2, 2}, ofScaled.scale().toFloats(), 1e-5f);
            assertNull(ofScaled.shift());
            assertArrayEquals(new float[] {3, -3, 2, 2}, ofShifted.shift().toFloats(), CLOSE);
            assertNull(ofShifted.scale());
        }
    }

    @OnEveryDevice
    void anEmptyBatchHasNoGradients(Backend backend) {
        try (GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor x = backend.empty(ElementType.FLOAT32, 0, 4, 5);
                Tensor scale = backend.empty(ElementType.FLOAT32, 0, 4);
                Recorded pass = norm.record(x, Options.DEFAULTS.scaleShift(scale, scale));
                Gradients gradients = pass.backward(x)) {
            assertArrayEquals(new float[4], gradients.weight().toFloats());
            assertEquals(0, gradients.scale().elements());
        }
    }

    private static String rejected(Class<? extends RuntimeException> type, Runnable call) {
        return assertThrows(type, call::run).getMessage();
    }

    @OnEveryDevice
    void whatDoesNotFitIsRejected(Backend backend) {
        try (GroupNorm norm = GroupNorm.of(backend, 2, 4);
                LayerNorm rows = LayerNorm.of(backend, 4);
                BatchNorm batch = BatchNorm.of1d(backend, 4);
                Tensor x = backend.tensor(Values.normal(1, 24, 0, 1), 2, 4, 3);
                Tensor row = backend.tensor(Values.normal(1, 4, 0, 1), 4);
                Tensor scale = backend.tensor(Values.normal(2, 8, 0, 1), 2, 4);
                Tensor wide = backend.tensor(Values.normal(2, 8, 0, 1), 2, 4, 1);
                Tensor half = backend.tensor(ElementType.FLOAT16, Values.normal(2, 8, 0, 1), 2, 4)) {
            Class<IllegalArgumentException> bad = IllegalArgumentException.class;
            assertEquals(
                    "Expected scale of shape [2, 4] for input of shape [2, 4, 3], but got [2, 4, 1]: view(…) changes the"
                            + " shape",
                    rejected(bad, () -> norm.infer(x, Options.DEFAULTS.scaleShift(wide, scale))));
            assertEquals(
                    "Expected shift of shape [2, 4] for input of shape [2, 4, 3], but got [4]",
                    rejected(bad, () -> norm.infer(x, Options.DEFAULTS.scaleShift(scale, row))));
            assertEquals(
                    "Expected scale of type float32 for input of type float32, but got float16",
                    rejected(bad, () -> norm.infer(x, Options.DEFAULTS.scaleShift(half, null))));
            assertTrue(rejected(bad, () -> batch.infer(x, Options.DEFAULTS.scaleShift(scale, scale)))
                    .startsWith("batch_norm takes no scale and shift of each sample"));
            assertTrue(rejected(bad, () -> rows.infer(row, Options.DEFAULTS.scaleShift(scale, scale)))
                    .startsWith("Expected input with a dimension before normalized_shape = [4]"));
            assertTrue(rejected(bad, () -> Functional.channelMoments(x, Options.DEFAULTS.scaleShift(scale, scale)))
                    .startsWith("Expected no activation, sum, output, scale or shift"));
            try (Recorded pass = norm.record(x, Options.DEFAULTS.scaleShift(scale, null))) {
                assertTrue(rejected(bad, () -> pass.backward(x, GradientOptions.DEFAULTS.scaleShift(scale, null)))
                        .startsWith("layout, activation, residual, scale and shift are those of the forward pass"));
                scale.set(new float[8]);
                assertTrue(rejected(IllegalStateException.class, () -> pass.backward(x))
                        .startsWith("the scale of shape [2, 4] that backward needs was changed"));
            }
        }
    }

    @OnEveryDevice
    void runningStatisticsTakeNone(Backend backend) {
        try (InstanceNorm norm = InstanceNorm.builder(backend, 4, 1)
                        .trackRunningStats(true)
                        .build();
                Tensor x = backend.tensor(Values.normal(1, 24, 0, 1), 2, 4, 3);
                Tensor scale = backend.tensor(Values.normal(2, 8, 0, 1), 2, 4);
                Tensor learned = norm.infer(x, Options.DEFAULTS.scaleShift(scale, scale))) {
            assertEquals(24, learned.elements());
            norm.eval();
            assertEquals(
                    "instance_norm by running statistics takes no scale and shift of each sample: normalize by the"
                            + " input's own statistics",
                    rejected(
                            IllegalArgumentException.class,
                            () -> norm.infer(x, Options.DEFAULTS.scaleShift(scale, scale))));
        }
    }
}
