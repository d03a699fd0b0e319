package io.github.clnorm.internal.runtime;

import static io.github.clnorm.type.Layout.CHANNELS_FIRST;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.reference.Nonlinearity;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** Activations by themselves: with mean 0, variance 1 and eps 0 the normalized value is the input, exactly. */
@Tag("slow")
@Tag("device")
class ActivationTest {

    private static double[] values(ElementType type) {
        List<Double> values = new ArrayList<>();
        for (double v = 1e-12; v < 1e4; v *= 1.01) {
            values.add(v);
            values.add(-v);
        }
        for (double v = -90; v < 90; v += 0.01) {
            values.add(v);
        }
        values.addAll(List.of(0.0, -0.0, 1e9, 1e20, 3e38, -1e9));
        return values.stream().mapToDouble(v -> Values.rounded(type, v)).toArray();
    }

    private static double[] activated(Backend backend, Activation activation, ElementType type, double... x) {
        Operation operation = Operation.evaluation(CHANNELS_FIRST, 1, 1, x.length);
        return Trial.of(operation, type, x)
                .given(new double[1], new double[] {1})
                .eps(0)
                .activation(activation)
                .run(backend.session())
                .output();
    }

    private static double[] exact(Activation activation, double... x) {
        return Reference.batchNorm(new long[] {1, 1, x.length}, 1)
                .eps(0)
                .activation(Nonlinearity.valueOf(activation.name()))
                .normalizeBy(new Reference.Moments(new double[1], new double[1], new double[] {1}), i -> x[i]);
    }

    @OnEveryDevice
    void reluIsExact(Backend backend) {
        double[] x = values(ElementType.FLOAT32);
        double[] y = activated(backend, Activation.RELU, ElementType.FLOAT32, x);
        for (int i = 0; i < x.length; i++) {
            assertEquals(Math.max(0, x[i]), y[i], 0, "relu(" + x[i] + ")");
        }
    }

    /** Also where the result is tiny: GELU far below 0 is not a difference of nearly equal numbers. */
    @OnEveryDevice
    void smoothActivationsAreAccurateRelativeToTheirResult(Backend backend) {
        relative(backend, ElementType.FLOAT32, -12, -80, -9, 1e-6);
        if (backend.device().fp64()) {
            relative(backend, ElementType.FLOAT64, -36, -90, -20, 4e-15);
        }
    }

    private static void relative(
            Backend backend, ElementType type, double leastGelu, double leastSilu, double leastTanh, double bound) {
        double[] x = values(type);
        double[] silu = activated(backend, Activation.SILU, type, x);
        double[] gelu = activated(backend, Activation.GELU, type, x);
        double[] exactSilu = exact(Activation.SILU, x);
        double[] exactGelu = exact(Activation.GELU, x);
        double[] tanh = activated(backend, Activation.GELU_TANH, type, x);
        double[] exactTanh = exact(Activation.GELU_TANH, x);
        for (int i = 0; i < x.length; i++) {
            String at = "(" + x[i] + ") in " + type + " on " + backend.device().description();
            // e^(-v^2/2) multiplies the rounding of v^2/2 by itself: that much of a relative error is in every formula.
            double ofGelu = x[i] < 0 ? bound * (1 + x[i] * x[i] / 8) : bound;
            within(exactSilu[i], silu[i], x[i] < leastSilu ? 1e-30 : bound * Math.abs(exactSilu[i]), "silu" + at);
            within(exactGelu[i], gelu[i], x[i] < leastGelu ? 1e-30 : ofGelu * Math.abs(exactGelu[i]), "gelu" + at);
            // The exponent has a rounding of its square and one of its product with v.
            double exponent = Math.abs(1.6 * x[i] + 0.0714 * x[i] * x[i] * x[i]);
            double ofTanh = x[i] < 0 ? bound * (1 + exponent / 4) : bound;
            within(exactTanh[i], tanh[i], x[i] < leastTanh ? 1e-30 : ofTanh * Math.abs(exactTanh[i]), "gelu_tanh" + at);
        }
    }

    private static void within(double expected, double actual, double bound, String what) {
        assertTrue(
                Math.abs(actual - expected) <= bound || actual == expected,
                what + ": " + actual + ", expected " + expected + ", bound " + bound);
    }

    @OnEveryDevice
    void nanStaysNanAndInfinityHasItsLimit(Backend backend) {
        for (Activation activation : Activation.values()) {
            double[] y = activated(
                    backend, activation, ElementType.FLOAT32, Double.NaN, Double.POSITIVE_INFINITY, 1, Double.NaN);
            assertTrue(Double.isNaN(y[0]) && Double.isNaN(y[3]), activation + " of NaN is " + y[0] + ", " + y[3]);
            assertEquals(Double.POSITIVE_INFINITY, y[1], activation + " of infinity");
            assertTrue(y[2] > 0 && y[2] <= 1, activation + " of 1 is " + y[2]);
        }
    }
}
