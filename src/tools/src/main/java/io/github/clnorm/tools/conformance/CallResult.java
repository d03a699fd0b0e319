package io.github.clnorm.tools.conformance;

import java.util.LinkedHashMap;
import java.util.Map;

/** The results of a call by PyTorch's names: {@code output}, {@code mean}, {@code running_var} and so on. */
final class CallResult {

    private final Map<String, double[]> values = new LinkedHashMap<>();

    CallResult put(String role, double[] elements) {
        values.put(role, elements);
        return this;
    }

    double[] get(String role) {
        return values.get(role);
    }

    double[] output() {
        return values.get("output");
    }

    Map<String, double[]> all() {
        return values;
    }
}
