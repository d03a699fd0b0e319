package io.github.clnorm.tools.conformance;

import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The table while it is written. */
final class Cases {

    private final List<Case> cases = new ArrayList<>();

    void add(String row, ElementType type, String name, Case.Body body) {
        cases.add(new Case(row, type, name, body));
    }

    /**
     * A call that must match the float64 reference in everything it gives. It is made when its turn comes: the inputs of
     * all cases at once would fill the memory.
     */
    void addReference(String row, ElementType type, String name, Supplier<Call> call) {
        add(row, type, name, (backend, check) -> {
            Call made = call.get();
            compare(check, made, InFloat64.run(made), OnDevice.run(backend, made));
        });
    }

    /** Compares what a device gives for a call with the reference: stored results by their type, statistics by theirs. */
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

    /** A call whose gradients must match the float64 reference. */
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
