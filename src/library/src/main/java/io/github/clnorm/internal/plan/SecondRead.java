package io.github.clnorm.internal.plan;

/** Where a work-group that takes whole sets reads them from the second time: after their moments are known. Thread-safe. */
public enum SecondRead {
    /** Global memory, or a cache. */
    GLOBAL(null),

    /** Local memory: the work-group copies its sets there first. */
    LOCAL("set in local memory"),

    /** Registers: each work-item holds the elements that it sums. */
    REGISTERS("set in registers");

    private final String text;

    SecondRead(String text) {
        this.text = text;
    }

    /** What the text of a plan says; null for global memory, which it does not mention. */
    String text() {
        return text;
    }
}
