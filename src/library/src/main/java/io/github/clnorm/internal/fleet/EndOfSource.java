package io.github.clnorm.internal.fleet;

/** A source ended before the last element of its tensor. Immutable and thread-safe. */
public final class EndOfSource extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** The bytes that it had. */
    private final long bytes;

    /** The name of the tensor. */
    private final String tensor;

    EndOfSource(long bytes) {
        this("source", bytes, null);
    }

    private EndOfSource(String tensor, long bytes, EndOfSource cause) {
        super("the " + tensor + " ended after " + bytes + " bytes", cause);
        this.tensor = tensor;
        this.bytes = bytes;
    }

    /**
     * The same of a named tensor.
     *
     * @param name for example residual
     * @return a copy
     */
    public EndOfSource of(String name) {
        return new EndOfSource(name, bytes, this);
    }

    /**
     * The name of the tensor.
     *
     * @return source unless it was named
     */
    public String tensor() {
        return tensor;
    }

    /**
     * The bytes that it had.
     *
     * @return fewer than the tensor has
     */
    public long bytes() {
        return bytes;
    }
}
