package io.github.clnorm.tools.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.clnorm.NormSpec;
import io.github.clnorm.type.Activation;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Central differences are as close to the reference's gradients as documented. */
class CentralDifferencesTest {

    @Test
    void areTheReferencesGradients() {
        for (Call call : CentralDifferenceCases.calls()) {
            double[] before = call.input.values().clone();
            CallResult differences = CentralDifferences.gradients(call);
            assertArrayEquals(before, call.input.values(), "the input is as it was");
            Set<String> roles = new HashSet<>(Set.of("grad_input", "grad_weight", "grad_bias"));
            if (call.scale != null) {
                roles.addAll(Set.of("grad_scale", "grad_shift"));
            }
            assertEquals(roles, differences.all().keySet());
            InFloat64.gradients(call)
                    .all()
                    .forEach((role, gradient) -> assertArrayEquals(
                            gradient, differences.get(role), CentralDifferences.ACCURACY, call.operation + " " + role));
        }
    }

    @Test
    void everyOperationAndActivationIsThere() {
        assertEquals(
                Set.of(NormSpec.Kind.values()),
                CentralDifferenceCases.calls().stream()
                        .map(call -> call.operation)
                        .collect(Collectors.toSet()));
        assertEquals(
                Set.of(Activation.values()),
                CentralDifferenceCases.calls().stream()
                        .map(call -> call.activation)
                        .collect(Collectors.toSet()));
    }
}
