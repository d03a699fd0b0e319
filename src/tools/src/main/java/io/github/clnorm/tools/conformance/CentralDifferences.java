package io.github.clnorm.tools.conformance;

/**
 * Gradients by central differences of the loss. The float64 reference computes the loss with the formula of the forward
 * pass alone.
 */
final class CentralDifferences {

    /**
     * The cube root of float64's epsilon, which minimizes the sum of the errors from rounding and from the third
     * derivative.
     */
    private static final double STEP = 0x1p-17;

    /**
     * The bound for losses of about 10 and third derivatives of up to some hundreds. Rounding adds 10 · 2^-53 / STEP,
     * which is 1.5e-10; the third derivative adds STEP² / 6 times itself, about 1e-9.
     */
    static final double ACCURACY = 1e-8;

    private CentralDifferences() {}

    /** The gradients by role, for all arguments that are present. */
    static CallResult gradients(Call call) {
        CallResult result = new CallResult().put("grad_input", of(call, call.input));
        if (call.weight != null) {
            result.put("grad_weight", of(call, call.weight));
        }
        if (call.bias != null) {
            result.put("grad_bias", of(call, call.bias));
        }
        if (call.scale != null) {
            result.put("grad_scale", of(call, call.scale));
        }
        if (call.shift != null) {
            result.put("grad_shift", of(call, call.shift));
        }
        return result;
    }

    /** Changes each element in turn, by less than its type can represent. */
    private static double[] of(Call call, HostTensor tensor) {
        double[] values = tensor.values();
        double[] gradient = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            double value = values[i];
            values[i] = value + STEP;
            double above = InFloat64.loss(call);
            values[i] = value - STEP;
            double below = InFloat64.loss(call);
            values[i] = value;
            gradient[i] = (above - below) / (2 * STEP);
        }
        return gradient;
    }
}
