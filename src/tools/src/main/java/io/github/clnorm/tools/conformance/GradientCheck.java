package io.github.clnorm.tools.conformance;

import io.github.clnorm.reference.Reference;
import java.util.Map;
import java.util.function.Function;

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

    private static Tolerance ofParameter(
            Call call, HostTensor parameter, Function<Reference.Magnitudes, double[]> terms) {
        return Tolerance.ofParameterGradient(
                call.input.type(), parameter.type(), terms.apply(InFloat64.magnitudes(call)));
    }

    /** The tolerance for the gradient of a role. */
    static Tolerance tolerance(Call call, String role) {
        return switch (role) {
            case "grad_input" -> Tolerance.ofGradient(call.input.type());
            case "grad_weight" -> ofParameter(call, call.weight, Reference.Magnitudes::weight);
            case "grad_bias" -> ofParameter(call, call.bias, Reference.Magnitudes::bias);
            case "grad_scale" -> ofParameter(call, call.scale, Reference.Magnitudes::scale);
            case "grad_shift" -> ofParameter(call, call.shift, Reference.Magnitudes::shift);
            default -> throw new IllegalArgumentException("no gradient has the role " + role);
        };
    }
}
