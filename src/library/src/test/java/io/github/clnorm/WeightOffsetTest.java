package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Gemma's RMSNorm, whose weights are added to 1. */
@Tag("device")
class WeightOffsetTest {

    private static final float CLOSE = 1e-6f;

    @OnEveryDevice
    void valuesByHand(Backend backend) {
        try (RmsNorm norm = RmsNorm.builder(backend, 2).weightOffset(1).eps(0).build();
                Tensor x = backend.tensor(new float[] {3, -3, 2, 2}, 2, 2)) {
            assertArrayEquals(new float[2], norm.weight().toFloats(), "the initial weight");
            norm.weight().set(new float[] {0.5f, -3});
            try (Recorded pass = norm.record(x);
                    Gradients gradients = pass.backward(x)) {
                assertArrayEquals(new float[] {1.5f, 2, 1.5f, -2}, pass.output().toFloats(), CLOSE);
                // dy x̂, summed over the rows.
                assertArrayEquals(new float[] {5, 5}, gradients.weight().toFloats(), 5 * CLOSE);
                // rstd (g - x̂ mean(g x̂)) with g = dy (weight + 1): 4.5, 6 and 3, -4.
                assertArrayEquals(
                        new float[] {1.75f, 1.75f, 1.75f, -1.75f},
                        gradients.input().toFloats(),
                        4 * CLOSE);
            }
        }
    }

    /** The bits of a layer whose weights have the sum, also with an activation and a scale. */
    @OnEveryDevice
    void theSumIsTheWeight(Backend backend) {
        float[] weight = Values.normal(2, 40, 0, 1);
        float[] sum = new float[40];
        for (int i = 0; i < sum.length; i++) {
            sum[i] = weight[i] + 1;
        }
        NormSpec plain = NormSpec.rmsNorm(40).weight(sum).activation(Activation.SILU);
        NormSpec offset = NormSpec.rmsNorm(40).weightOffset(1).weight(weight).activation(Activation.SILU);
        try (Layer expected = plain.on(backend);
                Layer layer = offset.on(backend);
                Tensor x = backend.tensor(Values.normal(1, 240, 1, 2), 2, 3, 40);
                Tensor scale = backend.tensor(Values.normal(3, 80, 0, 1), 2, 40)) {
            for (Options options : new Options[] {Options.DEFAULTS, Options.DEFAULTS.scaleShift(scale, scale)}) {
                try (Recorded first = expected.record(x, options);
                        Recorded second = layer.record(x, options);
                        Gradients ofFirst = first.backward(x);
                        Gradients ofSecond = second.backward(x);
                        Gradients ofInput = second.backward(x, GradientOptions.DEFAULTS.wanted(true, false, false))) {
                    Errors.assertSameBits(
                            first.output().toFloats(), second.output().toFloats(), "y");
                    Errors.assertSameBits(
                            ofFirst.input().toFloats(), ofSecond.input().toFloats(), "dx");
                    Errors.assertSameBits(
                            ofFirst.input().toFloats(), ofInput.input().toFloats(), "dx alone");
                    Errors.assertSameBits(
                            ofFirst.weight().toFloats(), ofSecond.weight().toFloats(), "dweight");
                    assertNull(ofInput.weight());
                }
            }
        }
    }

    /** 1 + weight is not rounded to the weight's type. */
    @OnEveryDevice
    void halfWeightsAreAddedInFloat32(Backend backend) {
        try (RmsNorm norm = RmsNorm.builder(backend, 2)
                        .weightOffset(1)
                        .eps(0)
                        .parameterType(ElementType.FLOAT16)
                        .build();
                Tensor x = backend.tensor(new float[] {1, 1}, 1, 2)) {
            norm.weight().set(new float[] {0x1p-14f, -0x1p-13f});
            try (Recorded pass = norm.record(x);
                    Gradients gradients = pass.backward(x)) {
                assertArrayEquals(
                        new float[] {1 + 0x1p-14f, 1 - 0x1p-13f}, pass.output().toFloats(), 2e-7f);
                assertEquals(ElementType.FLOAT16, gradients.weight().type());
                assertArrayEquals(new float[] {1, 1}, gradients.weight().toFloats());
            }
        }
    }

    @Test
    void theOffsetIsPartOfTheSpec() {
        NormSpec spec = NormSpec.rmsNorm(8).weightOffset(1);
        assertEquals(spec, NormSpec.rmsNorm(8).weightOffset(1));
        assertNotEquals(spec, NormSpec.rmsNorm(8));
        assertEquals("RMSNorm((8,), eps=None, elementwise_affine=True), weight_offset=1.0", spec.toString());
        assertTrue(assertThrows(IllegalArgumentException.class, () -> NormSpec.rmsNorm(8)
                        .weightOffset(Double.NaN))
                .getMessage()
                .startsWith("Expected weightOffset(…) with a finite number"));
    }

    @OnEveryDevice
    void fleetsRejectIt(Backend backend) {
        NormSpec spec = NormSpec.rmsNorm(8).weightOffset(1);
        try (Fleet fleet = Fleet.of(backend)) {
            assertTrue(assertThrows(IllegalArgumentException.class, () -> fleet.layer(spec))
                    .getMessage()
                    .startsWith("a fleet adds no weightOffset(1.0): add it to the values of weight(…)"));
        }
    }
}
