package io.github.clnorm.tools.conformance;

import java.util.Map;

/** Compares the gradients that a device computes for a call. */
final class GradientCheck {

    private GradientCheck() {}

    /** Compares with the float64 reference. */
    static void exact(CaseCheck check, Call call, CallResult actual) {
        close(check, call, "", InFloat64.gradients(call), actual, (i, e) -> 0);
    }

    /** Compares with gradients that are exact up to a slack. */
    static void close(
            CaseCheck check, Call call, String whose, CallResult expected, CallResult actual, Tolerance.Slack slack) {
        expected.all().forEach((role, values) -> {
            double[] given = actual.get(role);
            if (given == null) {
                check.fail("no " + role);
            } else {
                check.close(whose + role, values, given, tolerance(call, role).against(slack));
            }
        });
    }

    /**
     * Compares with libtorch's gradients, which are float32, or stored in half precision. The slack is their own
     * distance from the float64 reference.
     */
    static void libtorch(CaseCheck check, Call call, Map<String, HostTensor> gradients, CallResult actual) {
        CallResult exact = InFloat64.gradients(call);
        exact.all().forEach((role, values) -> {
            HostTensor libtorch = gradients.get(role);
            if (libtorch != null) {
                double[] given = libtorch.values();
                CallResult one = new CallResult().put(role, given);
                close(check, call, "libtorch's ", one, actual, (i, e) -> Math.abs(given[i] - values[i]));
            }
        });
    }

    /** The tolerance for the gradient of a role. */
    static Tolerance tolerance(Call call, String role) {
        return switch (role) {
            case "grad_input" -> Tolerance.ofGradient(call.input.type());
            case "grad_weight" -> Tolerance.ofParameterGradient(
                    call.input.type(),
                    call.weight.type(),
                    InFloat64.magnitudes(call).weight());
            default -> Tolerance.ofParameterGradient(
                    call.input.type(),
                    call.bias.type(),
                    InFloat64.magnitudes(call).bias());
        };
    }
}
