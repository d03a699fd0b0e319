package io.github.clnorm.tools.conformance;

import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Collects the cases of the table. */
final class Cases {

    private final List<Case> cases = new ArrayList<>();

    void add(String row, ElementType type, String name, Case.Body body) {
        cases.add(new Case(row, type, name, body));
    }

    /**
     * Adds a call whose results must all match the float64 reference. The call is created when it runs: the inputs of
     * all cases together would fill the memory.
     */
    void addReference(String row, ElementType type, String name, Supplier<Call> call) {
        add(row, type, name, (backend, check) -> {
            Call made = call.get();
            compare(check, made, InFloat64.run(made), OnDevice.run(backend, made));
        });
    }

    /**
     * Compares a device's results with the reference: stored results with the tolerance of their type, statistics with
     * that of the accumulator.
     */
    static void compare(CaseCheck check, Call call, CallResult expected, CallResult actual) {
        ElementType type = call.input.type();
        for (Map.Entry<String, double[]> result : expected.all().entrySet()) {
            String role = result.getKey();
            boolean stored = role.equals("output") || role.equals("sum");
            double[] given = actual.get(role);
            if (given == null) {
                check.fail("no " + role);
            } else {
                check.close(role, result.getValue(), given, Tolerance.of(stored ? type : type.accumulator()));
            }
        }
    }

    /** Adds a call whose gradients must match the float64 reference. */
    void addGradients(String row, ElementType type, String name, Supplier<Call> call) {
        add(row, type, name, (backend, check) -> {
            Call made = call.get();
            GradientCheck.exact(check, made, OnDevice.gradients(backend, made));
        });
    }

    List<Case> all() {
        return cases;
    }
}
