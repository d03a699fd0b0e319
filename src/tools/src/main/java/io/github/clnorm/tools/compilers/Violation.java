package io.github.clnorm.tools.compilers;

import java.util.ArrayList;
import java.util.List;

/**
 * A kernel that breaks a rule.
 *
 * @param rule the rule
 * @param planned the kernel and its target
 * @param figures how it breaks it
 */
record Violation(Rule rule, PlannedKernel planned, String figures) {

    /** All violations of a kernel. */
    static List<Violation> of(KernelFacts facts) {
        List<Violation> found = new ArrayList<>();
        for (Rule rule : Rule.values()) {
            if (rule == Rule.BUILD || facts.compiled().built()) {
                rule.broken(facts).ifPresent(figures -> found.add(new Violation(rule, facts.planned(), figures)));
            }
        }
        return found;
    }

    @Override
    public String toString() {
        return rule + ": " + planned.build() + " on " + planned.target() + ": " + figures + " (" + planned.example()
                + ")";
    }
}
