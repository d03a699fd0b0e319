package io.github.clnorm;

/** What {@link StateFile} does with a file that does not fit the layers exactly. Immutable and thread-safe. */
public enum Strictness {
    /** Rejects the file. */
    STRICT,
    /** Loads the tensors that fit, and reports the others. */
    LENIENT
}
