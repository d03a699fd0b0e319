package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import org.junit.jupiter.api.Tag;

/** Gradients that are added to others: that of the sum to dx, and those of parameters to totals. */
@Tag("device")
class AccumulationTest {

    private static final long[] SHAPE = {2, 4, 5, 3};
    private static final int COUNT = 120;

    private static float[] sum(ElementType type, float[] a, float[] b) {
        float[] sum = new float[a.length];
        for (int i = 0; i < sum.length; i++) {
            sum[i] = (float) Values.rounded(type, (double) a[i] + b[i]);
        }
        return sum;
    }

    /** dx of a pre-norm block: x + residual goes through the norm and around it. */
    @OnEveryDevice
    void theGradientOfTheSumIsAddedToThatOfTheInput(Backend backend) {
        for (ElementType type : new ElementType[] {ElementType.FLOAT32, ElementType.FLOAT16, ElementType.BFLOAT16}) {
            try (LayerNorm norm = LayerNorm.of(backend, 3);
                    Tensor x = backend.tensor(type, Values.normal(1, COUNT, 1, 2), SHAPE);
                    Tensor residual = backend.tensor(type, Values.normal(2, COUNT, 1, 2), SHAPE);
                    Tensor total = backend.empty(type, SHAPE);
                    Tensor dy = backend.tensor(type, Values.normal(3, COUNT, 0, 1), SHAPE);
                    Tensor around = backend.tensor(type, Values.normal(4, COUNT, 0, 1), SHAPE);
                    Recorded pass =
                            norm.record(x, Options.DEFAULTS.residual(residual).sum(total));
                    Gradients plain = pass.backward(dy);
                    Gradients added = pass.backward(dy, GradientOptions.DEFAULTS.sumGradient(around))) {
                float[] expected = sum(type, plain.input().toFloats(), around.toFloats());
                Errors.assertSameBits(expected, added.input().toFloats(), type + ", dx");
                Errors.assertSameBits(plain.weight().toFloats(), added.weight().toFloats(), type + ", dweight");
                // In the memory of dy, and in that of the gradient which is added.
                Gradients inPlace = pass.backward(
                        dy,
                        GradientOptions.DEFAULTS
                                .sumGradient(around)
                                .output(around)
                                .wanted(true, false, false));
                assertNull(inPlace.weight());
                Errors.assertSameBits(expected, around.toFloats(), type + ", in place of the gradient of the sum");
            }
        }
    }

    @OnEveryDevice
    void theOutputMayBeTheGradientOfTheOutput(Backend backend) {
        try (InstanceNorm norm = InstanceNorm.of1d(backend, 4);
                Tensor x = backend.tensor(Values.normal(1, 60, 1, 2), 4, 15);
                Tensor dy = backend.tensor(Values.normal(3, 60, 0, 1), 4, 15);
                Recorded pass = norm.record(x);
                Gradients plain = pass.backward(dy)) {
            float[] expected = sum(ElementType.FLOAT32, plain.input().toFloats(), dy.toFloats());
            pass.backward(dy, GradientOptions.DEFAULTS.sumGradient(dy).output(dy));
            Errors.assertSameBits(expected, dy.toFloats(), "dx");
        }
    }

    @OnEveryDevice
    void gradientsOfParametersAreAddedToTotals(Backend backend) {
        try (GroupNorm norm = GroupNorm.builder(backend, 2, 4)
                        .parameterType(ElementType.FLOAT16)
                        .build();
                Tensor x = backend.tensor(Values.normal(1, COUNT, 1, 2), SHAPE);
                Tensor dy = backend.tensor(Values.normal(3, COUNT, 0, 1), SHAPE);
                Tensor weight = backend.tensor(ElementType.FLOAT16, Values.normal(5, 4, 0, 1), 4);
                Tensor bias = backend.tensor(ElementType.FLOAT16, Values.normal(6, 4, 0, 1), 4);
                Recorded pass = norm.record(x);
                Gradients plain = pass.backward(dy)) {
            float[] once =
                    sum(ElementType.FLOAT16, weight.toFloats(), plain.weight().toFloats());
            float[] twice = sum(ElementType.FLOAT16, once, plain.weight().toFloats());
            float[] ofBias =
                    sum(ElementType.FLOAT16, bias.toFloats(), plain.bias().toFloats());
            try (Gradients added = pass.backward(dy, GradientOptions.DEFAULTS.accumulate(weight, null))) {
                assertNull(added.weight());
                Errors.assertSameBits(plain.bias().toFloats(), added.bias().toFloats(), "dbias");
                Errors.assertSameBits(plain.input().toFloats(), added.input().toFloats(), "dx");
            }
            Errors.assertSameBits(once, weight.toFloats(), "once");
            pass.backward(dy, GradientOptions.DEFAULTS.accumulate(weight, bias)).close();
            Errors.assertSameBits(twice, weight.toFloats(), "twice");
            Errors.assertSameBits(ofBias, bias.toFloats(), "bias");
        }
    }

    private static String rejected(Runnable call) {
        return assertThrows(IllegalArgumentException.class, call::run).getMessage();
    }

    @OnEveryDevice
    void whatDoesNotFitIsRejected(Backend backend) {
        try (RmsNorm norm = RmsNorm.of(backend, 3);
                Tensor x = backend.tensor(Values.normal(1, COUNT, 1, 2), SHAPE);
                Tensor vector = backend.tensor(Values.normal(5, 3, 0, 1), 3);
                Tensor half = backend.tensor(ElementType.FLOAT16, Values.normal(5, 3, 0, 1), 3);
                Recorded pass = norm.record(x)) {
            GradientOptions all = GradientOptions.DEFAULTS;
            assertTrue(rejected(() -> pass.backward(x, all.sumGradient(vector)))
                    .startsWith("Expected sum_gradient of the input's shape and type"));
            assertTrue(rejected(() -> pass.backward(x, all.sumGradient(x).wanted(false, true, true)))
                    .startsWith("Expected no sumGradient(…)"));
            assertEquals(
                    "Expected accumulate(…) with a tensor of the weight's type and shape, float32 [3], but got float16"
                            + " [3]",
                    rejected(() -> pass.backward(x, all.accumulate(half, null))));
            assertEquals(
                    "Expected no accumulate(…) for the gradient of the bias, which is not wanted or missing",
                    rejected(() -> pass.backward(x, all.accumulate(null, vector))));
            assertTrue(rejected(() -> pass.backward(x, all.accumulate(norm.weight(), null)))
                    .startsWith("Expected accumulate(…) with memory of its own"));
        }
    }
}
