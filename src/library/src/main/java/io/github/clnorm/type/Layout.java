package io.github.clnorm.type;

/**
 * The place of a tensor's channel axis. The tensor is dense in both cases: its last dimension is the fastest.
 *
 * <p>Immutable and thread-safe.
 */
public enum Layout {
    /** Shape {@code (N, C, *)}: PyTorch's default. */
    CHANNELS_FIRST,
    /** Shape {@code (N, *, C)}: TensorFlow's default. */
    CHANNELS_LAST;

    /**
     * The channel axis of a shape.
     *
     * @param rank its number of dimensions, at least 2
     * @return 1 or the last
     */
    public int channelAxis(int rank) {
        return this == CHANNELS_FIRST ? 1 : rank - 1;
    }

    /**
     * The name on the command line and in files.
     *
     * @return {@code channels_first} or {@code channels_last}
     */
    @Override
    public String toString() {
        return this == CHANNELS_FIRST ? "channels_first" : "channels_last";
    }
}
