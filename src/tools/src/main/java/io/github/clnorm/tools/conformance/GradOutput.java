package io.github.clnorm.tools.conformance;

import io.github.clnorm.type.Activation;
import java.util.Arrays;

/** The gradient of a call's output: random, so that no gradient is 0 by symmetry. */
final class GradOutput {

    /**
     * Within this distance of 0, rounding may put a value on the other side of relu's kink, where the slope differs.
     */
    private static final double KINK = 1e-4;

    private GradOutput() {}

    /** The same call, with a gradient of its output. */
    static Call to(Call call) {
        HostTensor dy = HostTensor.normal(call.input.type(), 21, 0.25, 1, call.input.shape());
        if (call.activation == Activation.RELU) {
            double[] argument = InFloat64.run(call.activation(Activation.NONE)).output();
            double[] values = dy.values();
            Arrays.setAll(values, i -> Math.abs(argument[i]) < KINK ? 0 : values[i]);
            call.activation(Activation.RELU);
        }
        return call.gradOutput(dy);
    }
}
