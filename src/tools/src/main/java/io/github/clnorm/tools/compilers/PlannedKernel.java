package io.github.clnorm.tools.compilers;

/** A kernel that plans launch, for a target. */
final class PlannedKernel {

    private final Target target;
    private final KernelBuild build;
    private String example;
    private int uses;
    private long localBytes;

    PlannedKernel(Target target, KernelBuild build) {
        this.target = target;
        this.build = build;
    }

    /** Adds a launch. */
    void use(String by, long local) {
        if (uses == 0 || local > localBytes) {
            example = by;
            localBytes = local;
        }
        uses++;
    }

    Target target() {
        return target;
    }

    KernelBuild build() {
        return build;
    }

    /** The pass that gives its arguments the most local memory. */
    String example() {
        return example;
    }

    /** How many passes launch it. */
    int uses() {
        return uses;
    }

    /** Local memory of its arguments, at most. */
    long localBytes() {
        return localBytes;
    }
}
