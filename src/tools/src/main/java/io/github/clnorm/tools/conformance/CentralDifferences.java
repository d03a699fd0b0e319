package io.github.clnorm.tools.conformance;

/**
 * Gradients without a formula for them: differences of the loss, which the float64 reference computes from nothing but the
 * formula of the forward pass.
 */
final class CentralDifferences {

    /** The cube root of float64's epsilon, where what rounding and the third derivative add is the least together. */
    private static final double STEP = 0x1p-17;

    /**
     * How far a difference may be from the derivative, for losses of about 10 and third derivatives of up to some hundreds:
     * rounding adds 10 · 2^-53 / STEP, which is 1.5e-10, and the third derivative STEP² / 6 times itself, some 1e-9.
     */
    static final double ACCURACY = 1e-8;

    private CentralDifferences() {}

    /** By their roles, for everything that is there. */
    static CallResult gradients(Call call) {
        CallResult result = new CallResult().put("grad_input", of(call, call.input));
        if (call.weight != null) {
            result.put("grad_weight", of(call, call.weight));
        }
        if (call.bias != null) {
            result.put("grad_bias", of(call, call.bias));
        }
        return result;
    }

    /** Each element in turn is a little more and a little less than its type would hold. */
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
