package io.github.clnorm.tools.compilers;

import io.github.clnorm.internal.model.Capacity;
import io.github.clnorm.internal.model.LaunchDemand;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** A kernel that plans launch, for a target. */
final class PlannedKernel {

    private final Target target;
    private final KernelBuild build;
    private final Set<Use> uses = new LinkedHashSet<>();
    private Use largest;
    private int count;
    private long elements;

    /**
     * How a pass launches it.
     *
     * @param by the GPU and the pass
     * @param localBytes local memory of its arguments
     * @param residency work-groups that a unit holds; empty for a kernel that the model does not know
     */
    record Use(String by, long localBytes, Optional<Residency> residency) {}

    PlannedKernel(Target target, KernelBuild build) {
        this.target = target;
        this.build = build;
    }

    /**
     * Adds a launch.
     *
     * @param moved elements of the pass's tensor; 0 if the heuristics choose another plan
     */
    void use(String by, long localBytes, Optional<LaunchDemand> launch, Capacity capacity, long moved) {
        Use use = new Use(by, localBytes, launch.map(of -> new Residency(of, capacity)));
        if (largest == null || localBytes > largest.localBytes) {
            largest = use;
        }
        uses.add(use);
        count++;
        elements += moved;
    }

    Target target() {
        return target;
    }

    KernelBuild build() {
        return build;
    }

    /** The passes that launch it. */
    Set<Use> uses() {
        return uses;
    }

    /** The pass that gives its arguments the most local memory. */
    String example() {
        return largest.by;
    }

    /** How often passes launch it. */
    int count() {
        return count;
    }

    /** Elements of the tensors of all passes whose heuristics choose it. */
    long elements() {
        return elements;
    }

    /** Local memory of its arguments, at most. */
    long localBytes() {
        return largest.localBytes;
    }
}
