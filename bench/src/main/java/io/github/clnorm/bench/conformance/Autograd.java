package io.github.clnorm.bench.conformance;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;

/** libtorch's own gradients: of a loss whose gradient with respect to an output is a random tensor, {@code grad_output}. */
final class Autograd {

    /** A call of an input, a weight and a bias. Weight and bias may be null. */
    interface Forward {
        Tensor of(Tensor input, Tensor weight, Tensor bias);
    }

    private Autograd() {}

    /** grad_output and the resulting gradient of each tensor, by role. */
    static Map<String, Tensor> gradients(Tensor input, Tensor weight, Tensor bias, Forward forward) {
        Tensor x = leaf(input);
        Tensor gamma = leaf(weight);
        Tensor beta = leaf(bias);
        return back(recorded(() -> forward.of(x, gamma, beta)), x, gamma, beta);
    }

    /** Computes an output with gradients enabled. All other calls here disable them. */
    static Tensor recorded(Supplier<Tensor> forward) {
        AutoGradMode on = new AutoGradMode(true);
        try {
            return forward.get();
        } finally {
            on.close();
        }
    }

    /** A copy that requires a gradient. */
    static Tensor leaf(Tensor tensor) {
        return tensor == null ? null : tensor.detach().clone().requires_grad_(true);
    }

    /** The gradients of leaves that an output was computed from. */
    static Map<String, Tensor> back(Tensor output, Tensor input, Tensor weight, Tensor bias) {
        long[] shape = output.shape();
        // Seeded by the shape, so that it is stored once for all cases of the shape.
        Tensor gradOutput = new Inputs("grad_output of " + CaseList.shape(shape))
                .normal(shape)
                .to(output.scalar_type().intern());
        output.backward(gradOutput, new BoolOptional(), false, new TensorArrayRefOptional());
        Map<String, Tensor> gradients = new LinkedHashMap<>();
        gradients.put("grad_output", gradOutput);
        put(gradients, "grad_input", input);
        put(gradients, "grad_weight", weight);
        put(gradients, "grad_bias", bias);
        return gradients;
    }

    private static void put(Map<String, Tensor> gradients, String role, Tensor leaf) {
        if (leaf != null) {
            Tensor gradient = leaf.grad();
            if (!gradient.defined()) {
                throw new IllegalStateException("libtorch has no " + role);
            }
            gradients.put(role, gradient.detach());
        }
    }
}
