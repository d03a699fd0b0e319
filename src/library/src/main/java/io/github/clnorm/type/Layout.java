package io.github.clnorm.type;

/**
 * Where the channel axis of a tensor is. The tensor is dense in either case: its last dimension is the fastest.
 *
 * <p>Immutable and thread-safe.
 */
public enum Layout {
    /** Shape {@code (N, C, *)}: PyTorch's default. */
    CHANNELS_FIRST,
    /** Shape {@code (N, *, C)}: as TensorFlow and many image libraries have it. */
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
     * As PyTorch spells its memory formats.
     *
     * @return {@code channels_first} or {@code channels_last}
     */
    @Override
    public String toString() {
        return this == CHANNELS_FIRST ? "channels_first" : "channels_last";
    }
}
