package io.github.clnorm.tools.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Compares libtorch's gradients with the float64 reference, without a device. */
class PyTorchGradientsTest {

    // 4 that clnorm refuses have gradients too.
    private static final int CALLS = 148;
    private static final int STEPS = 121;

    private final List<String> missing = new ArrayList<>();
    private int compared;

    @Test
    void theReferenceGivesThemForEveryCall() {
        for (PyTorchData.Entry entry : new PyTorchData().cases()) {
            if (entry.has("gradients") && !PyTorchDifferences.refuses(entry.toString())) {
                compare(entry.toString(), PyTorchCases.call(entry), PyTorchCases.libtorchGradients(entry));
            }
        }
        // libtorch cannot give the gradient of a bias without a weight, and gives a NaN that is meant to be 0.
        assertEquals(
                List.of(
                        "group_norm of 1x6x3 in 2, eps 0.5, bias: grad_bias",
                        "group_norm of 2x6x3 in 2, eps -0.5, bias: grad_bias",
                        "group_norm of 1x3 in 1, eps 1.0E-5, bias: grad_bias",
                        "group_norm of 0x2 in 1, eps 1.0E-5, bias: grad_bias",
                        "group_norm of 5x5x5 in 1, eps 0.5, bias: grad_bias",
                        "group_norm of 1x2 in 1, eps 1.0E-5, bias: grad_bias",
                        "group_norm of no positions: grad_weight"),
                missing);
        assertEquals(CALLS, compared);
    }

    @Test
    void theReferenceGivesThemForEveryStepOfAModule() {
        for (PyTorchData.Entry entry : new PyTorchData().cases()) {
            if (entry.has("module")) {
                for (PyTorchData.Entry step : entry.entries("steps")) {
                    assertEquals(step.has("output"), step.has("gradients"), entry.toString());
                    if (step.has("gradients")) {
                        compare(entry.toString(), PyTorchModule.call(entry, step), step.tensors("gradients"));
                    }
                }
            }
        }
        assertEquals(List.of(), missing);
        assertEquals(STEPS, compared);
    }

    private void compare(String name, Call call, Map<String, HostTensor> gradients) {
        compared++;
        InFloat64.gradients(call).all().forEach((role, exact) -> {
            HostTensor libtorch = gradients.get(role);
            if (libtorch == null) {
                missing.add(name + ": " + role);
            } else {
                Tolerance tolerance = GradientCheck.tolerance(call, role);
                compare(name + ": " + role, call.input.type(), tolerance, exact, libtorch.values());
            }
        });
    }

    private static void compare(
            String name, ElementType type, Tolerance tolerance, double[] exact, double... libtorch) {
        assertEquals(exact.length, libtorch.length, name);
        for (int i = 0; i < exact.length; i++) {
            if (exact[i] == libtorch[i] || Double.isNaN(exact[i]) && Double.isNaN(libtorch[i])) {
                continue;
            }
            double error = Math.abs(libtorch[i] - exact[i]) / tolerance.scale(i, exact[i]);
            // Half of a device's bound. In half precision libtorch rounds more than once, even for float32 parameters:
            // its gradients of layer_norm have errors of up to half the epsilon of the input's type.
            double bound = type == type.accumulator() ? tolerance.bound(i, exact[i]) / 2 : type.epsilon();
            assertTrue(
                    error <= bound, name + "[" + i + "] is " + libtorch[i] + ", not " + exact[i] + ", error " + error);
        }
    }
}
