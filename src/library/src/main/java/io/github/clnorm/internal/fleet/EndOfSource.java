package io.github.clnorm.internal.fleet;

/** A source ended before the last element of its tensor. Immutable and thread-safe. */
public final class EndOfSource extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** The bytes that it had. */
    private final long bytes;

    EndOfSource(long bytes) {
        super("the source ended after " + bytes + " bytes");
        this.bytes = bytes;
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
